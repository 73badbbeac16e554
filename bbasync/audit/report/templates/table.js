"use strict";

// A table that is sorted, searched and chosen from. It draws its first rows, and more on demand.
const table = (() => {
  const STEP = 100;
  const MOST_CHOICES = 60;
  const RANKS = {
    severity: ["error", "warning", "note"],
    level: ["admin", "write", "read"],
    state: ["open", "allowed"],
  };
  const order = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const drawn = [];

  const textOf = (kind, value) => {
    if (value === null || value === undefined) return "";
    if (kind === "sources") return detail.told(value).join("\n");
    if (typeof value !== "number") return String(value);
    if (kind === "person") {
      return `${data.people.name[value]} ${data.people.uuid[value]} ${data.people.account[value]}`;
    }
    if (kind === "repository") return `${data.repositories.name[value]} ${data.repositories.uuid[value]}`;
    return "";
  };

  // What a column is sorted by: numbers where there is a rank, else texts.
  const keyOf = (kind, value) => {
    const ranks = RANKS[kind];
    if (ranks) return ranks.includes(value) ? ranks.indexOf(value) : ranks.length;
    if (kind === "count") return value;
    if (kind === "sources") return detail.told(value).join("\n");
    if (typeof value === "number") return kind === "person" ? data.people.name[value] : data.repositories.name[value];
    return value ?? "";
  };

  class Table {
    constructor(place, { noun, columns, empty, step = STEP }) {
      Object.assign(this, { place, noun, columns, empty, step });
      this.size = columns[0].values.length;
      this.sorted = Array.from({ length: this.size }, (_, index) => index);
      this.shown = this.sorted;
      this.limit = step;
      this.words = [];
      this.choices = new Map();
      this.by = null;
      this.texts = null;
      if (this.size === 0) {
        place.replaceChildren(dom.make("p", { class: "hint", text: empty }));
        return;
      }
      this.build();
      this.draw();
      drawn.push(this);
    }

    build() {
      this.heads = this.columns.map((column, index) => this.head(column, index));
      this.body = dom.make("tbody");
      this.status = dom.make("p", { class: "status", role: "status" });
      this.foot = dom.make("div", { class: "more" });
      const scroll = dom.make(
        "div",
        { class: "scroll", tabindex: "0", role: "region", "aria-label": this.noun },
        dom.make("table", { class: "rows" }, dom.make("thead", {}, dom.make("tr", {}, ...this.heads)), this.body),
      );
      this.place.replaceChildren(this.tools(), scroll, this.foot);
    }

    tools() {
      const search = dom.search(`Search ${this.noun}`, (value) => {
        this.words = dom.words(value);
        this.choose();
      });
      const choices = this.columns.flatMap((column, index) => {
        const values = column.choice ? [...new Set(column.values)] : [];
        if (values.length < 2 || values.length > MOST_CHOICES) return [];
        values.sort((a, b) => this.compare(keyOf(column.kind, a), keyOf(column.kind, b)));
        // The number stands for the value, as a value may be anything, empty too.
        const options = [["", "All"], ...values.map((value, number) => [number, value || "(none)"])];
        return [dom.choice(column.title, options, (number) => {
          if (number === "") this.choices.delete(index);
          else this.choices.set(index, values[number]);
          this.choose();
        })];
      });
      return dom.make("div", { class: "tools" }, search, ...choices, this.status);
    }

    head(column, index) {
      const button = dom.make("button", { type: "button", class: "sort", text: column.title });
      button.addEventListener("click", () => this.sort(index));
      const number = column.kind === "count";
      return dom.make("th", { scope: "col", class: number ? "number" : "" }, button);
    }

    compare(a, b) {
      return typeof a === "number" && typeof b === "number" ? a - b : order.compare(a, b);
    }

    // Counts begin with the largest, all else with the first; the same again turns it round.
    sort(index) {
      const { kind, values } = this.columns[index];
      const first = kind === "count" ? -1 : 1;
      const turn = this.by?.index === index ? -this.by.turn : first;
      this.by = { index, turn };
      const keys = values.map((value) => keyOf(kind, value));
      this.sorted.sort((a, b) => turn * this.compare(keys[a], keys[b]) || a - b);
      this.heads.forEach((head, number) => {
        if (number === index) head.setAttribute("aria-sort", turn === 1 ? "ascending" : "descending");
        else head.removeAttribute("aria-sort");
      });
      this.choose();
    }

    // All words must be somewhere in a row.
    matches(index) {
      for (const [column, value] of this.choices) {
        if (this.columns[column].values[index] !== value) return false;
      }
      return this.words.every((word) => this.texts[index].includes(word));
    }

    choose() {
      if (this.words.length && !this.texts) {
        this.texts = this.sorted.map((_, index) =>
          dom.fold(this.columns.map(({ kind, values }) => textOf(kind, values[index])).join("\n")),
        );
      }
      const all = this.words.length === 0 && this.choices.size === 0;
      this.shown = all ? this.sorted : this.sorted.filter((index) => this.matches(index));
      this.limit = this.step;
      this.draw();
    }

    row(index) {
      return dom.make("tr", {}, ...this.columns.map(({ kind, values }) => dom.cell(kind, values[index])));
    }

    draw(limit = this.limit) {
      const rows = this.shown.slice(0, limit).map((index) => this.row(index));
      if (rows.length === 0) {
        const text = `None of ${dom.count(this.size)} ${this.noun} match.`;
        rows.push(dom.make("tr", {}, dom.make("td", { class: "none", colspan: this.columns.length, text })));
      }
      this.body.replaceChildren(...rows);
      const [found, size] = [this.shown.length, this.size].map(dom.count);
      this.status.textContent = found === size ? `${size} ${this.noun}` : `${found} of ${size} ${this.noun}`;
      this.more(this.shown.length - limit);
    }

    more(left) {
      const button = (text, step) => {
        const show = () => {
          const before = this.body.rows.length;
          this.limit += step;
          this.draw();
          // The button is gone: the focus goes on to what it has brought.
          const row = this.body.rows[before];
          row.tabIndex = -1;
          row.focus();
        };
        return dom.make("button", { type: "button", text, on: { click: show } });
      };
      const buttons = left <= 0 ? [] : [button(`Show ${dom.count(Math.min(this.step, left))} more`, this.step)];
      if (left > this.step) buttons.push(button(`Show all ${dom.count(this.shown.length)}`, left));
      this.foot.replaceChildren(...buttons);
    }
  }

  // For paper, on which nobody can ask for more.
  const everything = () => drawn.filter((one) => one.place.isConnected).forEach((one) => one.draw(Infinity));
  const asBefore = () => drawn.filter((one) => one.place.isConnected).forEach((one) => one.draw());

  const start = () => {
    for (const place of document.querySelectorAll("[data-table]")) {
      new Table(place, data.tables[place.dataset.table]);
    }
  };

  return { Table, start, everything, asBefore };
})();
