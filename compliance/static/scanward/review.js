// Keys on the page of a violation: each belongs to the element that names it in aria-keyshortcuts.
"use strict";

{
  const typing = "input, textarea, select, [contenteditable]";
  let sent = false;

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.matches("textarea")) event.target.blur();
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.target.closest(typing)) return;
    const found = document.querySelector(`[aria-keyshortcuts="${CSS.escape(event.key)}"]`);
    if (!found) return;
    event.preventDefault();
    if (found.matches("textarea")) found.focus();
    else found.click();
  });

  // One decision a page, however often its key is pressed; after "back" there may be another.
  document.getElementById("review")?.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  window.addEventListener("pageshow", () => { sent = false; });
}
