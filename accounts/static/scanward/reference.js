// Shows the document that the address names (?document=compliance), the partner API without it; dark where asked for.
const documents = ["v1", "compliance"];
const asked = new URLSearchParams(location.search).get("document");
const chosen = documents.includes(asked) ? asked : documents[0];
const dark = matchMedia("(prefers-color-scheme: dark)");
const paint = () => document.documentElement.classList.toggle("dark-mode", dark.matches);

paint();
dark.addEventListener("change", paint);
document.querySelector(`[data-document="${chosen}"]`).setAttribute("aria-current", "page");
SwaggerUIBundle({
  url: `/openapi/${chosen}.json`,
  dom_id: "#reference",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
  requestSnippetsEnabled: false,
});
