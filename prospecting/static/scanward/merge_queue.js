// Keys of the merge queue. An element names its own in data-key; one with data-twice wants it twice.
"use strict";

const status = document.getElementById("keys-status");
const help = document.getElementById("keys");
let armed = null;

document.getElementById("keys-hint").hidden = false;

function press(element) {
  if (element.dataset.twice && armed !== element) {
    armed = element;
    element.focus();
    status.textContent = element.dataset.twice;
    return;
  }
  armed = null;
  status.textContent = "";
  element.click();
}

document.addEventListener("keydown", (event) => {
  const writes = event.target.closest("input:not([type=radio], [type=submit]), select, textarea");
  if (writes || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  if (event.key === "?") {
    if (help.open) help.close();
    else help.showModal();
    return;
  }
  const wanted = help.open ? null : document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (wanted === null) return;
  event.preventDefault();
  press(wanted);
});
