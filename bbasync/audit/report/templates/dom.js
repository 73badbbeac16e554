"use strict";

// Elements. Texts of others get in as textContent only, never as markup.
const dom = (() => {
  const make = (tag, options = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(options)) {
      if (name === "class") made.className = value;
      else if (name === "text") made.textContent = value;
      else if (name === "on") Object.entries(value).forEach(([event, run]) => made.addEventListener(event, run));
      else if (value === true) made.setAttribute(name, "");
      else if (value !== false && value !== undefined) made.setAttribute(name, value);
    }
    made.append(...children.filter((child) => child !== undefined));
    return made;
  };

  // A name in its own direction, whatever that does to it.
  const bdi = (text) => make("bdi", { text });

  // For searches: letters of any case and with any marks are one, however they are composed.
  const fold = (text) => text.normalize("NFKD").replace(/\p{Mn}/gu, "").toLowerCase();
  const words = (text) => fold(text).split(/\s+/).filter(Boolean);

  const count = (value) => value.toLocaleString("en");

  const badge = (kind, value) => make("span", { class: `badge ${kind}-${value}`, text: value });

  const level = (permission) => {
    const known = ["admin", "write", "read"].includes(permission);
    return make("span", { class: `badge level-${known ? permission : "other"}`, text: permission });
  };

  // People and repositories are numbers, and lead to all that is known of them; who is in no list
  // is a name alone.
  const named = (kind, value) => {
    if (value === null || value === undefined) return "";
    if (typeof value === "string") return bdi(value);
    const text = kind === "person" ? data.people.name[value] : data.repositories.name[value];
    const open = () => detail.open(kind, value);
    return make("button", { type: "button", class: "link", on: { click: open } }, bdi(text));
  };

  const content = (kind, value) => {
    switch (kind) {
      case "count":
        return value ? count(value) : "–";
      case "person":
      case "repository":
        return named(kind, value);
      case "severity":
      case "state":
      case "visibility":
        return badge(kind, value);
      case "level":
        return level(value);
      case "code":
        return make("code", { text: value });
      case "sources":
        return detail.sourceList(value);
      default:
        return bdi(value);
    }
  };

  const STYLES = { count: "number", person: "name", repository: "name", text: "text", message: "message" };
  const LONG = 40;

  const cell = (kind, value) => {
    const long = kind === "code" && value.length > LONG;
    return make("td", { class: long ? "long" : (STYLES[kind] ?? "") }, content(kind, value));
  };

  // A label and its field: a search, or a choice.
  const field = (title, input) => make("label", { class: "field" }, make("span", { text: title }), input);

  const search = (title, onInput) => {
    const input = make("input", { type: "search", autocomplete: "off", spellcheck: "false" });
    input.addEventListener("input", () => onInput(input.value));
    return field(title, input);
  };

  const choice = (title, options, onChange) => {
    const select = make("select", {}, ...options.map(([value, text]) => make("option", { value, text })));
    select.addEventListener("change", () => onChange(select.value));
    return field(title, select);
  };

  return { make, bdi, fold, words, count, badge, level, named, cell, search, choice };
})();
