// The keyboard's focus stays on the page: where the element that has it is removed, what was around it gets it.

/** Observes the document for as long as it exists. */
export function keepFocus(): void {
  let around: readonly HTMLElement[] = [];
  document.addEventListener('focusin', ({ target }) => {
    if (target instanceof HTMLElement) around = surrounding(target);
  });
  new MutationObserver(() => {
    const isLost = document.activeElement === document.body && around[0]?.isConnected === false;
    if (!isLost) return;
    const next = around.find(one => one.isConnected) ?? document.getElementById('content');
    next?.focus({ preventScroll: true });
  }).observe(document.body, { childList: true, subtree: true });
}

/** The element, and those around it that can have the focus, from the inside out. */
function surrounding(element: HTMLElement): readonly HTMLElement[] {
  const found = [element];
  for (let one = element.parentElement; one !== null; one = one.parentElement) {
    if (one.hasAttribute('tabindex')) found.push(one);
  }
  return found;
}
