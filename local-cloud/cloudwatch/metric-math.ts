// Evaluates metric math over series of datapoints. Pure: reads the series it is given, knows no clock and no store.
//   M1. An operator between series has a value only where all of them have one (which is why FILL exists).
//   M2. SUM, AVG, MAX, MIN of one series is a number; of a list it is a series with a value wherever any member has one.
//   M3. A division by zero has no value.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
import { NotModelled } from '../kernel/errors.ts';
import { validationError } from './faults.ts';
import { idsIn, parseMetricMath } from './metric-math-parser.ts';
import type { BinaryOperator, MathNode } from './metric-math-parser.ts';

/** Values by the metric second in which their period begins. */
export type Points = ReadonlyMap<number, number>;

export type MathValue = { kind: 'scalar'; value: number | undefined } | { kind: 'series'; points: Points } | { kind: 'list'; items: Points[] };

export interface MathScope {
  /** The value behind an id; throws when there is none. */
  lookUp(id: string): MathValue;
  /** Where every period of the request begins, oldest first. */
  grid: readonly number[];
}

const AWS_FUNCTIONS_NOT_MODELLED = new Set(
  (
    'ANOMALY_DETECTION_BAND DATAPOINT_COUNT DAY DB_PERF_INSIGHTS DIFF DIFF_TIME EPOCH FIRST HOUR INSIGHT_RULE_METRIC LAMBDA LAST LOG LOG10 METRICS ' +
    'METRIC_COUNT MINUTE MONTH PERIOD RATE REMOVE_EMPTY RUNNING_SUM SEARCH SERVICE_QUOTA SLICE SORT STDDEV TIME_SERIES DATE YEAR'
  ).split(' '),
);

export { idsIn, parseMetricMath };
export type { MathNode };

export function evaluateMath(node: MathNode, scope: MathScope): MathValue {
  switch (node.kind) {
    case 'number':
      return scalar(node.value);
    case 'word':
      throw validationError(`Error in expression: '${node.name}' is not an id.`);
    case 'id':
      return scope.lookUp(node.id);
    case 'negate':
      return pointwise([evaluateMath(node.operand, scope)], ([value = 0]) => -value);
    case 'binary':
      return pointwise([evaluateMath(node.left, scope), evaluateMath(node.right, scope)], ([left = 0, right = 0]) =>
        applyOperator(node.operator, left, right),
      );
    case 'list':
      return { kind: 'list', items: node.items.flatMap((item) => members(evaluateMath(item, scope))) };
    case 'call':
      return callFunction(node.name, node.arguments, scope);
  }
}

function callFunction(name: string, args: MathNode[], scope: MathScope): MathValue {
  switch (name) {
    case 'SUM':
      return aggregate(name, args, scope, sumOf);
    case 'AVG':
      return aggregate(name, args, scope, (values) => sumOf(values) / values.length);
    case 'MAX':
      return aggregate(name, args, scope, (values) => values.reduce((a, b) => Math.max(a, b)));
    case 'MIN':
      return aggregate(name, args, scope, (values) => values.reduce((a, b) => Math.min(a, b)));
    case 'ABS':
      return pointwise([onlyArgument(name, args, scope)], ([value = 0]) => Math.abs(value));
    case 'CEIL':
      return pointwise([onlyArgument(name, args, scope)], ([value = 0]) => Math.ceil(value));
    case 'FLOOR':
      return pointwise([onlyArgument(name, args, scope)], ([value = 0]) => Math.floor(value));
    case 'IF':
      return choose(args, scope);
    case 'FILL':
      return fill(args, scope);
    default:
      if (AWS_FUNCTIONS_NOT_MODELLED.has(name)) throw new NotModelled(`the metric math function ${name}`);
      throw validationError(`Error in expression: '${name}' is not a function.`);
  }
}

function applyOperator(operator: BinaryOperator, left: number, right: number): number | undefined {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return right === 0 ? undefined : left / right;
    case '^':
      return left ** right;
    case '<':
      return Number(left < right);
    case '<=':
      return Number(left <= right);
    case '>':
      return Number(left > right);
    case '>=':
      return Number(left >= right);
    case '==':
      return Number(left === right);
    case '!=':
      return Number(left !== right);
    case 'AND':
      return Number(left !== 0 && right !== 0);
    case 'OR':
      return Number(left !== 0 || right !== 0);
  }
}

/** Applies `apply` wherever every operand has a value. One list among the operands makes a list of results. */
function pointwise(operands: MathValue[], apply: (values: number[]) => number | undefined): MathValue {
  const list = operands.find((operand) => operand.kind === 'list');
  if (list?.kind === 'list') {
    if (operands.filter((operand) => operand.kind === 'list').length > 1) throw validationError('Error in expression: operators between two lists are not supported.');
    const results = list.items.map((points) => pointwise(operands.map((operand) => (operand === list ? series(points) : operand)), apply));
    return { kind: 'list', items: results.flatMap(members) };
  }
  const firstSeries = operands.find((operand) => operand.kind === 'series');
  if (firstSeries?.kind !== 'series') {
    const values = operands.map((operand) => valueAt(operand, 0));
    return scalar(values.every(isNumber) ? apply(values) : undefined);
  }
  const points = new Map<number, number>();
  for (const second of firstSeries.points.keys()) {
    const values = operands.map((operand) => valueAt(operand, second));
    const result = values.every(isNumber) ? apply(values) : undefined;
    if (result !== undefined) points.set(second, result);
  }
  return series(points);
}

function aggregate(name: string, args: MathNode[], scope: MathScope, combine: (values: number[]) => number): MathValue {
  const argument = onlyArgument(name, args, scope);
  switch (argument.kind) {
    case 'scalar':
      throw validationError(`Error in expression: ${name} needs a series or a list of series.`);
    case 'series':
      return scalar(argument.points.size === 0 ? undefined : combine([...argument.points.values()]));
    case 'list': {
      const points = new Map<number, number>();
      for (const second of new Set(argument.items.flatMap((item) => [...item.keys()])))
        points.set(second, combine(argument.items.map((item) => item.get(second)).filter(isNumber)));
      return series(points);
    }
  }
}

/** IF(condition, then, else?): without `else`, points whose condition does not hold have no value. */
function choose(args: MathNode[], scope: MathScope): MathValue {
  const [conditionNode, thenNode, elseNode] = args;
  if (!conditionNode || !thenNode || args.length > 3) throw validationError('Error in expression: IF needs two or three arguments.');
  const condition = evaluateMath(conditionNode, scope);
  const thenValue = evaluateMath(thenNode, scope);
  const elseValue = elseNode ? evaluateMath(elseNode, scope) : undefined;
  if ([condition, thenValue, elseValue].some((value) => value?.kind === 'list')) throw new NotModelled('IF with lists of series');
  if (condition.kind === 'scalar') return condition.value ? thenValue : (elseValue ?? series(new Map()));
  const points = new Map<number, number>();
  const seconds = condition.kind === 'series' ? condition.points : [];
  for (const [second, holds] of seconds) {
    const chosen = holds ? thenValue : elseValue;
    const value = chosen && valueAt(chosen, second);
    if (value !== undefined) points.set(second, value);
  }
  return series(points);
}

/** FILL(series, number | other series | REPEAT). */
function fill(args: MathNode[], scope: MathScope): MathValue {
  const [sourceNode, fillerNode] = args;
  if (!sourceNode || !fillerNode || args.length > 2) throw validationError('Error in expression: FILL needs two arguments.');
  const repeat = fillerNode.kind === 'word' && fillerNode.name === 'REPEAT';
  if (fillerNode.kind === 'word' && !repeat) throw new NotModelled(`FILL with ${fillerNode.name}`);
  const filler = repeat ? undefined : evaluateMath(fillerNode, scope);
  const source = evaluateMath(sourceNode, scope);
  const fillOne = (given: Points): Points => {
    const points = new Map<number, number>();
    let last: number | undefined;
    for (const second of scope.grid) {
      const value = given.get(second) ?? (filler ? valueAt(filler, second) : last);
      if (value !== undefined) points.set(second, value);
      last = value;
    }
    return points;
  };
  if (source.kind === 'scalar') throw validationError('Error in expression: FILL needs a series or a list of series.');
  return source.kind === 'list' ? { kind: 'list', items: source.items.map(fillOne) } : series(fillOne(source.points));
}

function onlyArgument(name: string, args: MathNode[], scope: MathScope): MathValue {
  const [argument] = args;
  if (!argument || args.length > 1) throw validationError(`Error in expression: ${name} needs one argument.`);
  return evaluateMath(argument, scope);
}

function valueAt(value: MathValue, second: number): number | undefined {
  switch (value.kind) {
    case 'scalar':
      return value.value;
    case 'series':
      return value.points.get(second);
    case 'list':
      throw validationError('Error in expression: a list of series cannot be used here.');
  }
}

function members(value: MathValue): Points[] {
  switch (value.kind) {
    case 'scalar':
      throw validationError('Error in expression: a list can only contain series.');
    case 'series':
      return [value.points];
    case 'list':
      return value.items;
  }
}

const scalar = (value: number | undefined): MathValue => ({ kind: 'scalar', value });
const series = (points: Points): MathValue => ({ kind: 'series', points });
const sumOf = (values: number[]): number => values.reduce((a, b) => a + b, 0);
const isNumber = (value: number | undefined): value is number => value !== undefined;
