// Messages arrive faster than a screen can show them; what they change is shown once a frame.

/** A function that calls `run` in the next frame, however often it is called before. */
export function onceAFrame(run: () => void): () => void {
  let isWaiting = false;
  return () => {
    if (isWaiting) return;
    isWaiting = true;
    requestAnimationFrame(() => {
      isWaiting = false;
      run();
    });
  };
}
