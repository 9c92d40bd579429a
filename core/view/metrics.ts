// GET /v1/releases/{id}/metrics?stage=: what the alarms of one stage have seen since its rollout began.

export interface ReleaseMetricsAnswer {
  stage: string;
  fromMs: number;
  toMs: number;
  /** In the order in which the stage names them. */
  alarms: AlarmMetricsView[];
}

export interface AlarmMetricsView {
  name: string;
  state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA' | 'MISSING';
  /** Absent where the alarm compares with something that moves, or with other alarms. */
  threshold?: number;
  /** How a value and the threshold compare when the alarm fires: `>`, `>=`, `<` or `<=`. */
  comparison?: string;
  /** It was firing before the release began and is therefore not watched. */
  leftOut?: boolean;
  series: AlarmSeriesView[];
}

export interface AlarmSeriesView {
  label: string;
  /** Whose curve it is: the new revision's, the old one's, or everybody's. */
  of: 'new' | 'old' | 'all';
  /** Epoch milliseconds and value, oldest first. */
  points: [number, number][];
}
