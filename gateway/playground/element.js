// Elements made by hand: what comes from people and models is only ever set as text.

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, string | boolean | null>} attributes null and false leave one out; true is empty
 * @param {...(Node | string)} children strings become text
 * @returns {HTMLElementTagNameMap[T]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === false) continue;
    made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

/**
 * The element of this id, which index.html must hold.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function byId(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new TypeError(`index.html has no ${type.name} #${id}`);
  return found;
}

/**
 * A share of a bar, as a custom property: the policy of the page allows no style attribute.
 * @param {HTMLElement} target
 * @param {Record<string, number>} shares 0-1 each
 */
export function setShares(target, shares) {
  for (const [name, share] of Object.entries(shares)) {
    target.style.setProperty(`--${name}`, String(Math.min(1, Math.max(0, share))));
  }
}
