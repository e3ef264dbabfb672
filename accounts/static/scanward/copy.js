// Copies the text of the element that a button names. Where the browser refuses, the text is selected instead.
"use strict";

const copied = document.getElementById("copied");

document.querySelectorAll("[data-copy]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const text = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(text.textContent);
      copied.textContent = "Copied.";
    } catch {
      window.getSelection().selectAllChildren(text);
      copied.textContent = "Selected: press Ctrl+C, or Command+C on a Mac.";
    }
  });
});
