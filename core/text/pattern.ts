// Regular expressions that cannot run away. They are written by users and run on tags that come from outside, so they are
// not handed to a backtracking engine: a pattern becomes a small automaton that reads every character once.
//   P1. Matching costs at most (length of the text) x (nodes), and there are at most NODE_MAX nodes.
//   P2. For every pattern that is accepted the answer is that of `new RegExp('^(?:' + pattern + ')$')`.
// What is not in here (look-around, back-references, lazy quantifiers) is refused with a reason.

type Node =
  | { kind: 'character'; accepts: (character: string) => boolean; next: number }
  | { kind: 'fork'; next: number[] }
  | { kind: 'end' };

export interface Pattern {
  /** Whether the whole text is in the language of the pattern. */
  matches: (text: string) => boolean;
}

type Tree =
  | { kind: 'one'; accepts: (character: string) => boolean }
  | { kind: 'sequence'; parts: Tree[] }
  | { kind: 'either'; branches: Tree[] }
  | { kind: 'repeat'; tree: Tree; min: number; max: number };

const LENGTH_MAX = 200;
const NODE_MAX = 2_000;
const DEPTH_MAX = 20;

export type PatternParse = { ok: true; pattern: Pattern } | { ok: false; reason: string };

export function parsePattern(source: string): PatternParse {
  if (source.length > LENGTH_MAX) return { ok: false, reason: `it is longer than ${LENGTH_MAX} characters` };
  const reader = new Reader(source);
  try {
    const automaton: Automaton = { nodes: [{ kind: 'end' }], builds: 0 };
    const start = build(reader.whole(), 0, automaton);
    const { nodes } = automaton;
    return { ok: true, pattern: { matches: (text) => run(nodes, start, text) } };
  } catch (error) {
    if (error instanceof NotAPattern) return { ok: false, reason: error.message };
    throw error;
  }
}

interface Automaton {
  nodes: Node[];
  /** Counted besides the nodes: an empty group repeated a thousand times adds none and takes its time all the same. */
  builds: number;
}

/** Never leaves this file. */
class NotAPattern extends Error {}

function run(nodes: readonly Node[], start: number, text: string): boolean {
  let reached = follow(nodes, [start]);
  for (const character of text) {
    const following: number[] = [];
    for (const id of reached) {
      const node = nodes[id];
      if (node?.kind === 'character' && node.accepts(character)) following.push(node.next);
    }
    if (following.length === 0) return false;
    reached = follow(nodes, following);
  }
  return reached.has(0);
}

/** Everything reachable without reading a character. */
function follow(nodes: readonly Node[], from: number[]): Set<number> {
  const reached = new Set<number>();
  const pending = [...from];
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    if (reached.has(id)) continue;
    reached.add(id);
    const node = nodes[id];
    if (node?.kind === 'fork') pending.push(...node.next);
  }
  return reached;
}

/** Adds the nodes that read `tree` and then go on at `next`; answers where to enter them. */
function build(tree: Tree, next: number, automaton: Automaton): number {
  const { nodes } = automaton;
  automaton.builds += 1;
  if (automaton.builds > NODE_MAX) throw new NotAPattern('its repetitions multiply to too many steps');
  switch (tree.kind) {
    case 'one':
      return nodes.push({ kind: 'character', accepts: tree.accepts, next }) - 1;
    case 'sequence':
      return tree.parts.reduceRight((after, part) => build(part, after, automaton), next);
    case 'either':
      return nodes.push({ kind: 'fork', next: tree.branches.map((branch) => build(branch, next, automaton)) }) - 1;
    case 'repeat': {
      let after = next;
      if (tree.max === Infinity) {
        const loop: { kind: 'fork'; next: number[] } = { kind: 'fork', next: [next] };
        after = nodes.push(loop) - 1;
        loop.next.push(build(tree.tree, after, automaton));
      }
      for (let count = tree.min; count < tree.max && tree.max !== Infinity; count += 1) {
        after = nodes.push({ kind: 'fork', next: [next, build(tree.tree, after, automaton)] }) - 1;
      }
      for (let count = 0; count < tree.min; count += 1) after = build(tree.tree, after, automaton);
      return after;
    }
  }
}

const DIGIT = (character: string): boolean => character >= '0' && character <= '9';
const WORD = (character: string): boolean => /^\w$/.test(character);
const SPACE = (character: string): boolean => /^\s$/.test(character);
const NAMED: Readonly<Record<string, (character: string) => boolean>> = {
  d: DIGIT,
  D: (character) => !DIGIT(character),
  w: WORD,
  W: (character) => !WORD(character),
  s: SPACE,
  S: (character) => !SPACE(character),
};

/** Recursive descent over the source; every method leaves `at` behind what it read. */
class Reader {
  private readonly source: string;
  private at = 0;
  private depth = 0;

  constructor(source: string) {
    this.source = source;
  }

  whole(): Tree {
    const tree = this.either();
    if (this.at < this.source.length) throw new NotAPattern('it closes a group that is not open');
    return tree;
  }

  private either(): Tree {
    const branches = [this.sequence()];
    while (this.take('|')) branches.push(this.sequence());
    const [only] = branches;
    return branches.length === 1 && only !== undefined ? only : { kind: 'either', branches };
  }

  private sequence(): Tree {
    const parts: Tree[] = [];
    for (;;) {
      // The whole text has to match in any case, so the two anchors say nothing new where they are allowed.
      if (this.peek() === '^') {
        if (parts.length > 0 || this.depth > 0 || this.hasAlternatives()) throw new NotAPattern('^ may only stand at the very start (the whole tag has to match anyway)');
        this.at += 1;
      } else if (this.peek() === '$') {
        if (this.at !== this.source.length - 1 || this.hasAlternatives()) throw new NotAPattern('$ may only stand at the very end (the whole tag has to match anyway)');
        this.at += 1;
      }
      const next = this.peek();
      if (next === undefined || next === '|' || next === ')') return { kind: 'sequence', parts };
      parts.push(this.quantified());
    }
  }

  /** `^a|b$` means something else than `(?:a|b)`; refusing it is clearer than explaining it. */
  private hasAlternatives(): boolean {
    let open = 0;
    for (let at = 0; at < this.source.length; at += 1) {
      const character = this.source[at];
      if (character === '\\') at += 1;
      else if (character === '(') open += 1;
      else if (character === ')') open -= 1;
      else if (character === '|' && open === 0) return true;
    }
    return false;
  }

  private quantified(): Tree {
    const tree = this.atom();
    const range = this.quantifier();
    if (range === undefined) return tree;
    if (this.peek() === '?' || this.quantifier() !== undefined) throw new NotAPattern('two quantifiers follow each other');
    return { kind: 'repeat', tree, ...range };
  }

  private quantifier(): { min: number; max: number } | undefined {
    if (this.take('*')) return { min: 0, max: Infinity };
    if (this.take('+')) return { min: 1, max: Infinity };
    if (this.take('?')) return { min: 0, max: 1 };
    if (this.peek() !== '{') return undefined;
    const match = /^\{(\d{1,3})(,(\d{0,3}))?\}/.exec(this.source.slice(this.at));
    if (match === null) throw new NotAPattern('{ has to be {3}, {1,3} or {2,} (write \\{ for the character itself)');
    const min = Number(match[1]);
    const max = match[2] === undefined ? min : match[3] === '' ? Infinity : Number(match[3]);
    if (max < min) throw new NotAPattern(`${match[0]} ends below its start`);
    this.at += match[0].length;
    return { min, max };
  }

  private atom(): Tree {
    const character = this.next();
    switch (character) {
      case '(':
        return this.group();
      case '[':
        return { kind: 'one', accepts: this.characterClass() };
      case '.':
        return { kind: 'one', accepts: (candidate) => !/^[\n\r\u2028\u2029]$/.test(candidate) };
      case '\\':
        return { kind: 'one', accepts: this.escape() };
      case '*':
      case '+':
      case '?':
      case '{':
        throw new NotAPattern(`${character} has nothing to repeat`);
      case '}':
      case ']':
        throw new NotAPattern(`${character} closes nothing (write \\${character} for the character itself)`);
      default:
        return { kind: 'one', accepts: (candidate) => candidate === character };
    }
  }

  private group(): Tree {
    if (this.take('?') && !this.take(':')) throw new NotAPattern('look-around and named groups are not supported; use ( ) or (?: )');
    this.depth += 1;
    if (this.depth > DEPTH_MAX) throw new NotAPattern('its groups are nested too deeply');
    const tree = this.either();
    if (!this.take(')')) throw new NotAPattern('a group is not closed');
    this.depth -= 1;
    return tree;
  }

  private characterClass(): (character: string) => boolean {
    const negated = this.take('^');
    const tests: ((character: string) => boolean)[] = [];
    while (!this.take(']')) {
      const from = this.next();
      if (from === '\\') {
        tests.push(this.escape());
      } else if (this.peek() === '-' && this.source[this.at + 1] !== ']') {
        this.at += 1;
        const to = this.next();
        if (to === '\\' || to < from) throw new NotAPattern(`[${from}-${to}] is not a range`);
        tests.push((character) => character >= from && character <= to);
      } else {
        tests.push((character) => character === from);
      }
    }
    return (character) => tests.some((test) => test(character)) !== negated;
  }

  private escape(): (character: string) => boolean {
    const character = this.next();
    const named = Object.hasOwn(NAMED, character) ? NAMED[character] : undefined;
    if (named !== undefined) return named;
    if (/^[A-Za-z0-9]$/.test(character)) throw new NotAPattern(`\\${character} is not supported`);
    return (candidate) => candidate === character;
  }

  private peek(): string | undefined {
    return this.source[this.at];
  }

  private take(character: string): boolean {
    if (this.peek() !== character) return false;
    this.at += 1;
    return true;
  }

  private next(): string {
    const character = this.source[this.at];
    if (character === undefined) throw new NotAPattern('it ends in the middle of something');
    this.at += 1;
    return character;
  }
}
