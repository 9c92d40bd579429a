// Schedule expressions: rate(N unit) and cron(minutes hours day-of-month month day-of-week year), both in UTC.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html

export interface Schedule {
  /** The first firing strictly after `ms`, or undefined when there is none. A rate counts from `startMs`. */
  nextAfter(ms: number, startMs: number): number | undefined;
}

const UNIT_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

/** Undefined when the expression is not valid. */
export function parseSchedule(expression: string): Schedule | undefined {
  const rate = /^rate\((\d+) (minute|hour|day)(s?)\)$/.exec(expression);
  if (rate) return parseRate(Number(rate[1]), rate[2] as keyof typeof UNIT_MS, rate[3] === 's');
  const cron = /^cron\((.*)\)$/.exec(expression);
  return cron?.[1] === undefined ? undefined : parseCron(cron[1].trim().split(/\s+/));
}

function parseRate(count: number, unit: keyof typeof UNIT_MS, plural: boolean): Schedule | undefined {
  if (count < 1 || (count === 1) === plural) return undefined; // AWS insists on `1 minute` and `2 minutes`
  const periodMs = count * UNIT_MS[unit];
  return { nextAfter: (ms, startMs) => startMs + (Math.floor((ms - startMs) / periodMs) + 1) * periodMs };
}

// ---- cron -----------------------------------------------------------------------------------------------------------------------------

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

type DayTest = (year: number, month: number, day: number) => boolean;

const LAST_YEAR = 2199;

function parseCron(fields: string[]): Schedule | undefined {
  const [minuteField, hourField, dayField, monthField, weekdayField, yearField] = fields;
  if (fields.length !== 6 || !minuteField || !hourField || !dayField || !monthField || !weekdayField || !yearField) return undefined;
  if ((dayField === '?') === (weekdayField === '?')) return undefined; // exactly one of the two days is `?`
  const minutes = parseSet(minuteField, 0, 59);
  const hours = parseSet(hourField, 0, 23);
  const months = parseSet(monthField, 1, 12, MONTHS);
  const years = parseSet(yearField, 1970, LAST_YEAR);
  const dayTest = weekdayField === '?' ? parseDayOfMonth(dayField) : parseDayOfWeek(weekdayField);
  if (!minutes || !hours || !months || !years || !dayTest) return undefined;
  return { nextAfter: (ms) => nextMatch(ms, { minutes, hours, months, years, dayTest }) };
}

function nextMatch(afterMs: number, cron: { minutes: Set<number>; hours: Set<number>; months: Set<number>; years: Set<number>; dayTest: DayTest }): number | undefined {
  const start = new Date(Math.floor(afterMs / 60_000) * 60_000 + 60_000);
  const hours = [...cron.hours].sort((a, b) => a - b);
  const minutes = [...cron.minutes].sort((a, b) => a - b);
  for (let year = start.getUTCFullYear(); year <= Math.max(...cron.years); year++) {
    if (!cron.years.has(year)) continue;
    for (let month = 1; month <= 12; month++) {
      if (!cron.months.has(month) || Date.UTC(year, month, 1) <= start.getTime()) continue;
      for (let day = 1; day <= daysIn(year, month); day++) {
        const midnightMs = Date.UTC(year, month - 1, day);
        if (midnightMs + 86_400_000 <= start.getTime() || !cron.dayTest(year, month, day)) continue;
        for (const hour of hours) {
          for (const minute of minutes) {
            const ms = midnightMs + hour * 3_600_000 + minute * 60_000;
            if (ms >= start.getTime()) return ms;
          }
        }
      }
    }
  }
  return undefined;
}

const daysIn = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();
const weekdayOf = (year: number, month: number, day: number): number => new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 1; // 1 = Sunday

/** `*`, `a`, `a-b`, `a/step`, `* /step`, and lists of these. */
function parseSet(field: string, min: number, max: number, names: readonly string[] = []): Set<number> | undefined {
  const valueOf = (text: string): number | undefined => {
    const named = names.indexOf(text.toUpperCase());
    const value = named >= 0 ? named + min : /^\d+$/.test(text) ? Number(text) : NaN;
    return value >= min && value <= max ? value : undefined;
  };
  const values = new Set<number>();
  for (const part of field.split(',')) {
    const [range = '', stepText] = part.split('/');
    const step = stepText === undefined ? 1 : Number(stepText);
    if (!Number.isInteger(step) || step < 1) return undefined;
    const [fromText = '', toText] = range.split('-');
    const from = range === '*' ? min : valueOf(fromText);
    const to = range === '*' || (stepText !== undefined && toText === undefined) ? max : toText === undefined ? from : valueOf(toText);
    if (from === undefined || to === undefined || from > to) return undefined;
    for (let value = from; value <= to; value += step) values.add(value);
  }
  return values;
}

/** Adds `L` (last day) and `15W` (the weekday nearest to the 15th). */
function parseDayOfMonth(field: string): DayTest | undefined {
  if (field === 'L') return (year, month, day) => day === daysIn(year, month);
  const nearest = /^(\d+)W$/.exec(field);
  if (nearest) {
    const wanted = Number(nearest[1]);
    return wanted >= 1 && wanted <= 31 ? (year, month, day) => day === nearestWeekday(year, month, wanted) : undefined;
  }
  const days = parseSet(field, 1, 31);
  return days && ((_year, _month, day) => days.has(day));
}

function nearestWeekday(year: number, month: number, wanted: number): number {
  const day = Math.min(wanted, daysIn(year, month));
  const weekday = weekdayOf(year, month, day);
  if (weekday === 7) return day > 1 ? day - 1 : day + 2;
  if (weekday === 1) return day < daysIn(year, month) ? day + 1 : day - 2;
  return day;
}

/** Adds `5L` (last Thursday) and `3#2` (second Tuesday). */
function parseDayOfWeek(field: string): DayTest | undefined {
  const numbered = /^(\w+)#([1-5])$/.exec(field);
  if (numbered?.[1]) {
    const [weekday] = parseSet(numbered[1], 1, 7, DAYS) ?? [];
    const nth = Number(numbered[2]);
    return weekday === undefined ? undefined : (year, month, day) => weekdayOf(year, month, day) === weekday && Math.ceil(day / 7) === nth;
  }
  const last = /^(\w+)L$/.exec(field);
  if (last?.[1]) {
    const [weekday] = parseSet(last[1], 1, 7, DAYS) ?? [];
    return weekday === undefined ? undefined : (year, month, day) => weekdayOf(year, month, day) === weekday && day + 7 > daysIn(year, month);
  }
  if (field === 'L') return (year, month, day) => weekdayOf(year, month, day) === 7;
  const days = parseSet(field, 1, 7, DAYS);
  return days && ((year, month, day) => days.has(weekdayOf(year, month, day)));
}
