/**
 * Back to the server as soon as there is a way and somebody is there: the network came back, or the page is looked at again.
 * What nobody looks at asks for nothing.
 */

/** @param {(doubtful: boolean) => void} comeBack  doubtful: the network changed, so open connections may lead nowhere */
export function watchPresence(comeBack) {
  let doubtful = false;
  function here() {
    if (document.hidden) return;
    comeBack(doubtful);
    doubtful = false;
  }
  document.addEventListener("visibilitychange", here);
  window.addEventListener("online", () => {
    doubtful = true;
    here();
  });
}
