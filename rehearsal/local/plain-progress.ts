// Progress for those who only take lines: a release is told of when something about it is new.
import { progressLine, type Progress } from '../demo/progress.ts';

export function plainProgress(say: (line: string) => void): Progress {
  const told = new Map<string, string>();
  return {
    say,
    show: (view) => {
      // A countdown is no news; what it counts down to is.
      const line = progressLine(view, Date.now()).replace(/ \(\d+ s left\)/, '');
      if (told.get(view.id) !== line) say(line);
      told.set(view.id, line);
    },
    settle: () => undefined,
  };
}
