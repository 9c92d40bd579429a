// Applies an UpdateExpression to an item. Every right side reads the item as it was before the update, and list indexes mean
// positions in the list as it was, so the order of actions within an expression cannot matter.
import type { AttributeValue, Item } from '../attribute-values.ts';
import { cloneValue, elementText, elementsOf, mapValues, setOf, typeOf } from '../attribute-values.ts';
import { addDecimals, formatDecimal, negateDecimal, parseDecimal } from '../decimal.ts';
import { validation } from '../errors.ts';
import { own, valueAt } from './document-paths.ts';
import type { Path, SetOperand, UpdateAction } from './syntax.ts';

export function applyUpdate(before: Item, actions: UpdateAction[]): Item {
  const changes = actions.map((action) => ({ path: action.path, value: newValue(before, action) }));
  const after = changeable(before, actions);
  const removals = changes.filter((change) => change.value === undefined).map((change) => change.path);
  // Appends past the end of a list happen in index order.
  const settings = changes.filter((change) => change.value !== undefined).sort((a, b) => lastIndex(a.path) - lastIndex(b.path));
  for (const { path, value } of settings) if (value) setAt(after, path, value, before);
  // The deepest and then the highest index goes first, so that no removal moves a place another one means.
  for (const path of removals.sort((a, b) => b.length - a.length || lastIndex(b) - lastIndex(a))) removeAt(after, path);
  return after;
}

/** A copy of the item whose attributes may be replaced, and changed inside where an action reaches inside. */
function changeable(before: Item, actions: UpdateAction[]): MutableItem {
  const reachedInto = new Set(actions.filter(({ path }) => path.length > 1).map(({ path }) => path[0]));
  return mapValues(before, (value, name) => (reachedInto.has(name) ? cloneValue(value) : value));
}

const lastIndex = (path: Path): number => {
  const last = path.at(-1);
  return typeof last === 'number' ? last : -1;
};

/** What the place will hold; undefined means nothing. */
function newValue(before: Item, action: UpdateAction): AttributeValue | undefined {
  const current = valueAt(before, action.path);
  switch (action.kind) {
    case 'set':
      return evaluate(before, action.operand);
    case 'remove':
      return undefined;
    case 'add':
      if (!current) return action.value;
      if (current.N !== undefined && action.value.N !== undefined) return sumOf(current, action.value);
      if (typeOf(current) !== typeOf(action.value) || current.N !== undefined) throw wrongDataType();
      return union(current, action.value);
    case 'delete':
      if (!current) return undefined;
      if (typeOf(current) !== typeOf(action.value)) throw wrongDataType();
      return difference(current, action.value);
  }
}

function evaluate(before: Item, operand: SetOperand): AttributeValue {
  switch (operand.kind) {
    case 'value':
      return operand.value;
    case 'path': {
      const value = valueAt(before, operand.path);
      if (!value) throw validation('The provided expression refers to an attribute that does not exist in the item');
      return value;
    }
    case 'ifNotExists':
      return valueAt(before, operand.path) ?? evaluate(before, operand.otherwise);
    case 'listAppend': {
      const [left, right] = [evaluate(before, operand.left).L, evaluate(before, operand.right).L];
      if (!left || !right) throw wrongDataType();
      return { L: [...left, ...right] };
    }
    case 'plus':
      return sumOf(evaluate(before, operand.left), evaluate(before, operand.right));
    case 'minus': {
      const right = evaluate(before, operand.right);
      if (right.N === undefined) throw wrongDataType();
      return sumOf(evaluate(before, operand.left), { N: formatDecimal(negateDecimal(parseDecimal(right.N))) });
    }
  }
}

const wrongDataType = (): Error => validation('An operand in the update expression has an incorrect data type');

const invalidPath = (): Error => validation('The document path provided in the update expression is invalid for update');

function sumOf(left: AttributeValue, right: AttributeValue): AttributeValue {
  if (left.N === undefined || right.N === undefined) throw wrongDataType();
  return { N: formatDecimal(addDecimals(parseDecimal(left.N), parseDecimal(right.N))) };
}

function union(current: AttributeValue, added: AttributeValue): AttributeValue {
  const known = new Set(elementsOf(current).map(elementText));
  return setOf(typeOf(current), [...elementsOf(current), ...elementsOf(added).filter((element) => !known.has(elementText(element)))]);
}

function difference(current: AttributeValue, removed: AttributeValue): AttributeValue | undefined {
  const gone = new Set(elementsOf(removed).map(elementText));
  const left = elementsOf(current).filter((element) => !gone.has(elementText(element)));
  return left.length > 0 ? setOf(typeOf(current), left) : undefined;
}

type MutableItem = Record<string, AttributeValue>;
type Container = { map: MutableItem } | { list: AttributeValue[] };

/** The map or list that directly holds the last step of a path. */
function containerOf(item: MutableItem, path: Path): Container | undefined {
  if (path.length === 1) return { map: item };
  const holder = valueAt(item, path.slice(0, -1));
  if (holder?.M !== undefined) return { map: holder.M };
  if (holder?.L !== undefined) return { list: holder.L };
  return undefined;
}

function setAt(item: MutableItem, path: Path, value: AttributeValue, before: Item): void {
  const container = containerOf(item, path);
  const last = path.at(-1);
  if (container && 'map' in container && typeof last === 'string') {
    Object.defineProperty(container.map, last, { value, enumerable: true, writable: true, configurable: true });
  } else if (container && 'list' in container && typeof last === 'number') {
    const lengthBefore = valueAt(before, path.slice(0, -1))?.L?.length ?? 0;
    if (last < lengthBefore) container.list[last] = value;
    else container.list.push(value);
  } else {
    throw invalidPath();
  }
}

function removeAt(item: MutableItem, path: Path): void {
  const container = containerOf(item, path);
  const last = path.at(-1);
  if (container && 'map' in container && typeof last === 'string') {
    if (own(container.map, last)) delete container.map[last];
  } else if (container && 'list' in container && typeof last === 'number') {
    if (last < container.list.length) container.list.splice(last, 1);
  } else {
    throw invalidPath();
  }
}
