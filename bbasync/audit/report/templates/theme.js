"use strict";

// Light or dark: as the system has it, until the reader says otherwise. Runs before the first
// paint, so that nothing flashes.
const theme = (() => {
  const KEY = "bbasync-report-theme";
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");

  // A page from a file may have no storage: then the choice lasts as long as the page is open.
  const stored = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  };
  const store = (value) => {
    try {
      localStorage.setItem(KEY, value);
    } catch {
      // Nothing to do: see above.
    }
  };

  const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);

  const start = () => {
    const button = document.getElementById("theme");
    const name = () => {
      button.textContent = dark() ? "Light" : "Dark";
      button.setAttribute("aria-label", `Switch to ${dark() ? "light" : "dark"} colours`);
    };
    button.addEventListener("click", () => {
      root.dataset.theme = dark() ? "light" : "dark";
      store(root.dataset.theme);
      name();
    });
    system.addEventListener("change", name);
    button.hidden = false;
    name();
  };

  const choice = stored();
  if (choice === "light" || choice === "dark") root.dataset.theme = choice;
  root.classList.add("scripted");
  return { start };
})();
