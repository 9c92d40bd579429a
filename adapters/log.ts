// Structured log lines: a constant message, variable fields, ids in every line, never a secret. One JSON object per line, which
// CloudWatch Logs Insights reads as it is.

export interface Logger {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

type Level = 'info' | 'warn' | 'error';

export function jsonLogger(write: (line: string) => void, base: Record<string, unknown> = {}): Logger {
  const at = (level: Level) => (message: string, fields: Record<string, unknown> = {}) => {
    // Nothing is returned, whatever `write` answers: a stream answers `true`, and some callers take an answer for a result.
    write(JSON.stringify({ level, message, ...base, ...fields }));
  };
  return { info: at('info'), warn: at('warn'), error: at('error') };
}

/** What to log of an error: name, message and hint; the stack only for faults nobody foresaw. */
export function errorFields(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: String(error) };
  const hint = 'hint' in error && typeof error.hint === 'string' ? { hint: error.hint } : {};
  const foreseen = 'retry' in error;
  return { errorName: error.name, errorMessage: error.message, ...hint, ...(foreseen ? {} : { stack: error.stack }) };
}
