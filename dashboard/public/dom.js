// A page as a tree of plain objects, and putting such a tree into the document while keeping what has not changed: focus, open
// folds, scroll positions, what somebody is typing.
//   D1. Text is only ever set as text. There is no way from a string to markup in here.
//   D2. Attribute names come from this code; addresses may only point into this page.

/** @typedef {{ tag: string, attrs: Record<string, string | number | boolean | undefined>, on: Record<string, (event: any) => void>, key: string | undefined, children: Child[] }} VNode */
/** @typedef {VNode | string} Child */
/** @typedef {Record<string, unknown> & { key?: string, on?: Record<string, (event: any) => void> }} Given */

const SVG = 'http://www.w3.org/2000/svg';
const SVG_TAGS = new Set(['svg', 'g', 'path', 'line', 'circle', 'rect', 'text', 'title']);

/** @param {string} tag @param {Given} [given] @param {...(Child | Child[] | undefined | false)} children @returns {VNode} */
export function h(tag, given = {}, ...children) {
  const { key, on, ...rest } = given;
  const attrs = /** @type {VNode['attrs']} */ (rest);
  if (typeof attrs['href'] === 'string' && !attrs['href'].startsWith('#')) throw new Error(`an address outside this page: ${attrs['href']}`);
  return { tag, attrs, on: on ?? {}, key, children: /** @type {Child[]} */ (children.flat().filter((child) => child !== undefined && child !== false)) };
}

/** What a node was made from. @type {WeakMap<Node, VNode>} */
const made = new WeakMap();

/** @param {Element} parent @param {readonly Child[]} children */
export function render(parent, children) {
  const old = [...parent.childNodes];
  const keyed = new Map(old.flatMap((node) => (made.get(node)?.key === undefined ? [] : [[made.get(node)?.key, node]])));
  const spare = old.filter((node) => made.get(node)?.key === undefined);
  const kept = new Set();
  /** @type {Node | null} */
  let place = parent.firstChild;
  for (const child of children) {
    const known = typeof child === 'string' ? spare.find((node) => node.nodeType === 3 && !kept.has(node)) : child.key === undefined ? spare.find((node) => !kept.has(node) && fits(node, child)) : keyed.get(child.key);
    const node = known !== undefined && (typeof child === 'string' || fits(known, child)) && !kept.has(known) ? known : create(child);
    kept.add(node);
    if (node === place) place = place.nextSibling;
    else parent.insertBefore(node, place);
    if (typeof child === 'string') {
      if (node.nodeValue !== child) node.nodeValue = child;
    } else {
      update(/** @type {Element} */ (node), child);
    }
  }
  for (const node of old) if (!kept.has(node)) node.parentNode?.removeChild(node);
}

/** @param {Node} node @param {VNode} child */
const fits = (node, child) => made.get(node)?.tag === child.tag && made.get(node)?.key === child.key;

/** @param {Child} child @returns {Node} */
function create(child) {
  if (typeof child === 'string') return document.createTextNode(child);
  const node = SVG_TAGS.has(child.tag) ? document.createElementNS(SVG, child.tag) : document.createElement(child.tag);
  made.set(node, { ...child, attrs: {}, on: {}, children: [] });
  return node;
}

/** @param {Element} node @param {VNode} next */
function update(node, next) {
  const before = /** @type {VNode} */ (made.get(node));
  for (const name of Object.keys(before.attrs)) if (next.attrs[name] === undefined || next.attrs[name] === false) node.removeAttribute(name);
  for (const [name, value] of Object.entries(next.attrs)) {
    if (value === undefined || value === false || before.attrs[name] === value) continue;
    node.setAttribute(name, value === true ? '' : String(value));
  }
  for (const [type, listener] of Object.entries(before.on)) if (next.on[type] !== listener) node.removeEventListener(type, listener);
  for (const [type, listener] of Object.entries(next.on)) if (before.on[type] !== listener) node.addEventListener(type, listener);
  made.set(node, next);
  render(node, next.children);
}
