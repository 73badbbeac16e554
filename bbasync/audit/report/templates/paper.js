"use strict";

// What paper has in place of the matrix: every right as a name in a table, and tables in full.
const paper = (() => {
  const LEVELS = ["admin", "write", "read"];
  const MOST = 50_000;

  // A name, marked as in the matrix.
  const name = ({ person, reason }) => {
    const mark = !reason.listed ? " (given, not listed)" : reason.explained === false ? " (unexplained)" : "";
    return `${data.people.name[person]}${mark}`;
  };

  const names = (rights) =>
    dom.make("td", {}, ...rights.flatMap((one, index) => (index ? [", ", dom.bdi(name(one))] : [dom.bdi(name(one))])));

  const row = (place) => {
    const rights = data.ofPlace(place);
    const cells = LEVELS.map((level) => names(rights.filter(({ reason }) => reason.permission === level)));
    const others = rights.filter(({ reason }) => !LEVELS.includes(reason.permission));
    const notes = others.map((one) => `${name(one)}: ${one.reason.permission}`);
    if (!data.known(place)) notes.push("not read in full: others may have rights");
    const head = dom.make("th", { scope: "row" }, dom.bdi(data.repositories.name[place]));
    return dom.make("tr", {}, head, ...cells, dom.make("td", {}, dom.bdi(notes.join("; "))));
  };

  const rights = () => {
    if (data.total > MOST) {
      const text = `${dom.count(data.total)} rights are too many for paper: the report as CSV has them all.`;
      return dom.make("p", { text });
    }
    const heads = ["Repository", "Admin", "Write", "Read", "Notes"].map((text) => dom.make("th", { scope: "col", text }));
    const places = Array.from({ length: data.places }, (_, place) => place);
    return dom.make(
      "table",
      { class: "rows" },
      dom.make("thead", {}, dom.make("tr", {}, ...heads)),
      dom.make("tbody", {}, ...places.map(row)),
    );
  };

  let ready = false;

  const prepare = () => {
    if (ready) return;
    ready = true;
    table.everything();
    document.getElementById("paper-place").replaceChildren(rights());
    document.getElementById("paper").hidden = false;
    for (const one of document.querySelectorAll("main details:not([open])")) {
      one.dataset.closed = "";
      one.open = true;
    }
  };

  const undo = () => {
    if (!ready) return;
    ready = false;
    table.asBefore();
    document.getElementById("paper-place").replaceChildren();
    document.getElementById("paper").hidden = true;
    for (const one of document.querySelectorAll("details[data-closed]")) {
      delete one.dataset.closed;
      one.open = false;
    }
  };

  const start = () => {
    addEventListener("beforeprint", prepare);
    addEventListener("afterprint", undo);
    // Not every way to paper has these events.
    matchMedia("print").addEventListener("change", ({ matches }) => (matches ? prepare() : undo()));
  };

  return { start };
})();
