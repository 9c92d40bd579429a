// Completion scripts. Commands and options are written into them, because a shell must not wait for a program at every key;
// releases and pipelines are asked of the cloud by `slipway __complete`.

import { valuedFlags, type CompletedCommand, type Value } from './model.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export function completionScript(shell: Shell, commands: readonly CompletedCommand[]): string {
  const script: Record<Shell, () => string> = { bash: () => bash(commands), zsh: () => zsh(commands), fish: () => fish(commands) };
  return script[shell]();
}

/** In single quotes, for all three shells. */
function quoted(text: string, shell: Shell): string {
  if (shell === 'fish') return `'${text.replace(/[\\']/g, '\\$&')}'`;
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function bash(commands: readonly CompletedCommand[]): string {
  const values = (value: Value | undefined): string => {
    if (value === undefined || value.kind === 'text') return ':';
    if (value.kind === 'file') return 'COMPREPLY=($(compgen -f -- "$current")); compopt -o filenames 2>/dev/null';
    if (value.kind === 'words') return `COMPREPLY=($(compgen -W ${quoted(value.words.join(' '), 'bash')} -- "$current"))`;
    return `COMPREPLY=($(compgen -W "$(slipway __complete ${value.kind} "$COMP_LINE" 2>/dev/null)" -- "$current"))`;
  };
  return `# bash completion for slipway. Load it now: source <(slipway completion bash)
# For good: slipway completion bash > ~/.local/share/bash-completion/completions/slipway
_slipway() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="" options="" given="" word index
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    case "$word" in
      ${valuedFlags(commands).join('|') || "''"}) ((index++)) ;;
      -*) ;;
      *) if [[ -z "$command" ]]; then command="$word"; else given=yes; fi ;;
    esac
  done
  COMPREPLY=()
  if [[ -z "$command" ]]; then
    COMPREPLY=($(compgen -W ${quoted([...commands.map(({ name }) => name), '--help'].join(' '), 'bash')} -- "$current"))
    return
  fi
  case "$command $previous" in
${commands.flatMap(({ name, options }) => options.flatMap(({ flag, value }) => (value === undefined ? [] : [`    ${quoted(`${name} ${flag}`, 'bash')}) ${values(value)}; return ;;`]))).join('\n')}
  esac
  case "$command" in
${commands.map(({ name, options, argument }) => `    ${name}) if [[ "$current" == -* ]]; then options=${quoted([...options.map(({ flag }) => flag), '--help'].join(' '), 'bash')}; elif [[ -z "$given" ]]; then ${values(argument)}; fi ;;`).join('\n')}
  esac
  if [[ -n "$options" ]]; then COMPREPLY=($(compgen -W "$options" -- "$current")); fi
}
complete -F _slipway slipway
`;
}

function zsh(commands: readonly CompletedCommand[]): string {
  const described = (word: string, summary: string): string => quoted(`${word.replaceAll(':', '\\:')}:${summary}`, 'zsh');
  const values = (value: Value | undefined): string => {
    if (value === undefined || value.kind === 'text') return ':';
    if (value.kind === 'file') return '_files';
    if (value.kind === 'words') return `compadd -- ${value.words.map((word) => quoted(word, 'zsh')).join(' ')}`;
    return `compadd -- \${(f)"$(slipway __complete ${value.kind} "\${words[*]}" 2>/dev/null)"}`;
  };
  return `#compdef slipway
# zsh completion for slipway. Load it now: source <(slipway completion zsh)
# For good: slipway completion zsh > "\${fpath[1]}/_slipway"
_slipway() {
  local command="" given="" index
  local -a entries
  for ((index = 2; index < CURRENT; index++)); do
    case "\${words[index]}" in
      ${valuedFlags(commands).join('|') || "''"}) ((index++)) ;;
      -*) ;;
      *) if [[ -z "$command" ]]; then command="\${words[index]}"; else given=yes; fi ;;
    esac
  done
  if [[ -z "$command" ]]; then
    entries=(${commands.map(({ name, summary }) => `\n      ${described(name, summary)}`).join('')}
    )
    _describe command entries
    return
  fi
  case "$command \${words[CURRENT-1]}" in
${commands.flatMap(({ name, options }) => options.flatMap(({ flag, value }) => (value === undefined ? [] : [`    ${quoted(`${name} ${flag}`, 'zsh')}) ${values(value)}; return ;;`]))).join('\n')}
  esac
  if [[ "\${words[CURRENT]}" == -* ]]; then
    case "$command" in
${commands.map(({ name, options }) => `      ${name}) entries=(${options.map(({ flag, summary }) => described(flag, summary)).join(' ')}) ;;`).join('\n')}
    esac
    _describe option entries
    return
  fi
  if [[ -n "$given" ]]; then return; fi
  case "$command" in
${commands.map(({ name, argument }) => `    ${name}) ${values(argument)} ;;`).join('\n')}
  esac
}
if [[ "\${funcstack[1]}" == "_slipway" ]]; then _slipway "$@"; else compdef _slipway slipway; fi
`;
}

function fish(commands: readonly CompletedCommand[]): string {
  const values = (value: Value): string => {
    if (value.kind === 'text') return '-x';
    if (value.kind === 'file') return '-r -F';
    if (value.kind === 'words') return `-x -a ${quoted(value.words.join(' '), 'fish')}`;
    return `-x -a ${quoted(`(slipway __complete ${value.kind} (commandline -p | string collect) 2>/dev/null)`, 'fish')}`;
  };
  const lines = commands.flatMap(({ name, summary, options, argument }) => {
    const seen = `complete -c slipway -n ${quoted(`__fish_seen_subcommand_from ${name}`, 'fish')}`;
    const bare = `complete -c slipway -n ${quoted(`__slipway_expects_argument ${name}`, 'fish')}`;
    return [
      `complete -c slipway -n __fish_use_subcommand -a ${name} -d ${quoted(summary, 'fish')}`,
      ...(argument === undefined ? [] : [`${bare} ${values(argument).replace('-r -F', '-F').replace('-x', '-f')}`]),
      ...options.map(({ flag, summary: text, value }) => `${seen} -l ${flag.slice(2)} ${value === undefined ? '' : `${values(value)} `}-d ${quoted(text, 'fish')}`),
    ];
  });
  return `# fish completion for slipway. Load it now: slipway completion fish | source
# For good: slipway completion fish > ~/.config/fish/completions/slipway.fish
function __slipway_expects_argument
  set -l words
  set -l behind
  for word in (commandline -opc)[2..-1]
    if set -q behind[1]
      set -e behind[1]
    else if contains -- $word ${valuedFlags(commands).join(' ')}
      set behind $word
    else if not string match -q -- '-*' $word
      set -a words $word
    end
  end
  test (count $words) -eq 1; and test $words[1] = $argv[1]
end
complete -c slipway -f
${lines.join('\n')}
`;
}
