// What the staff pages do in the browser beside Django's own scripts.
"use strict";

// A page that nobody looks at asks for nothing; it catches up as soon as it is looked at.
document.addEventListener("htmx:beforeRequest", (event) => {
  const polls = event.detail.requestConfig.verb === "get" && event.detail.elt.matches("[data-live]");
  if (polls && document.hidden) event.preventDefault();
});

// A form is sent once, however often its button or key is pressed; after "back" it may be sent again.
{
  const sent = new Set();
  document.addEventListener("submit", (event) => {
    if (event.target.method !== "post" || event.defaultPrevented) return;
    if (sent.has(event.target)) event.preventDefault();
    sent.add(event.target);
  });
  window.addEventListener("pageshow", () => sent.clear());
}

// The navigation shows where one is.
const [navigation, here] = ["#nav-sidebar", "#nav-sidebar .current-model"].map((each) => document.querySelector(each));
if (here) navigation.scrollTop += here.getBoundingClientRect().top - innerHeight / 2;

// A table that is wider than the window can be scrolled by keyboard.
document.querySelectorAll(".table-scroll, .results").forEach((region) => { region.tabIndex = 0; });
