// A measured number beside what it is measured against.
export interface Figure {
  group: string;
  name: string;
  value: number;
  unit: string;
  /** At most this, or at least this where `better` is `more`. */
  target?: number;
  better?: 'less' | 'more';
  /** How it was measured, where the name does not say it all. */
  note?: string;
}

/** The share of its limit that a figure uses up (less is better), or how many times over it reaches its goal (more is better). */
export const ratioOf = ({ value, target }: Figure): number | undefined => (target === undefined ? undefined : value / target);

export function holds(figure: Figure): boolean {
  const ratio = ratioOf(figure);
  return ratio === undefined || (figure.better === 'more' ? ratio >= 1 : ratio <= 1);
}

/** Nearest rank. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => percentile(values, 50);

export function asTable(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const ratio = ratioOf(figure);
    const limit = figure.target === undefined ? '' : `${figure.better === 'more' ? '>=' : '<='} ${text(figure.target)}`;
    return [figure.group, figure.name, `${text(figure.value)} ${figure.unit}`.trim(), limit, ratio === undefined ? '' : ratio.toFixed(2), holds(figure) ? '' : 'MISSED', figure.note ?? ''];
  });
  const cells = [['', 'FIGURE', 'MEASURED', 'TARGET', 'RATIO', '', ''], ...rows];
  const widths = [0, 1, 2, 3, 4, 5].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells.map((row, index) => row.map((cell, column) => (column === 0 && cell === cells[index - 1]?.[0] ? '' : cell).padEnd(widths[column] ?? 0)).join('  ').trimEnd()).join('\n');
}

const text = (value: number): string => (Number.isInteger(value) ? value.toLocaleString('en') : value.toLocaleString('en', { maximumFractionDigits: Math.abs(value) < 10 ? 2 : 1 }));
