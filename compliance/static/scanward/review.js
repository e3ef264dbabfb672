// Keys on the page of a violation: each belongs to the element that names it in aria-keyshortcuts.
"use strict";

{
  const typing = "input, textarea, select, [contenteditable]";

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.matches("textarea")) event.target.blur();
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.target.closest(typing)) return;
    const found = document.querySelector(`[aria-keyshortcuts="${CSS.escape(event.key)}"]`);
    if (!found) return;
    event.preventDefault();
    if (found.matches("textarea")) found.focus();
    else found.click();
  });
}
