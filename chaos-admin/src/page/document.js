// Builds parts of the page. Texts become text nodes and never markup, so a name with a script in it stays a name.

export const $ = (id) => document.getElementById(id);

function fill(node, attributes, kids) {
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === true) node.setAttribute(key, '');
    else if (value !== false && value != null) node.setAttribute(key, value);
  }
  for (const kid of kids.flat(Infinity)) if (kid != null && kid !== false) node.append(kid);
  return node;
}

export const el = (name, attributes, ...kids) => fill(document.createElement(name), attributes, kids);
export const svg = (name, attributes, ...kids) =>
  fill(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, kids);

/** Replaces what is in a node only where it differs, so that focus and selection stay. */
export function put(node, ...kids) {
  const next = el(node.localName, {}, ...kids);
  if (next.innerHTML !== node.innerHTML) node.replaceChildren(...next.childNodes);
}

export function text(node, words) {
  if (node.textContent !== words) node.textContent = words;
}

export const button = (attributes, words, act) => {
  const node = el('button', { type: 'button', ...attributes }, words);
  node.addEventListener('click', act);
  return node;
};
