"use strict";

// Repositories by people: a colour and a letter for each right, and what is behind the active one.
const matrix = (() => {
  const LETTERS = { admin: "A", write: "W", read: "R" };
  const LEGEND = [
    ["level-admin", "A", "admin"],
    ["level-write", "W", "write"],
    ["level-read", "R", "read"],
    ["level-none", "", "no right"],
    ["level-unknown", "?", "unknown: could not be read"],
  ];
  const ODD = [
    ["level-write odd", "W!", "unexplained: no source accounts for it"],
    ["level-write unlisted", "(W)", "given, but not listed by the service"],
  ];

  // What is known of a person on a repository, as a class, a text and words.
  const look = (place, person) => {
    const reason = data.reason(place, person);
    if (!reason) {
      return data.known(place) ? ["level-none", "", "no right"] : ["level-unknown", "?", "unknown, could not be read"];
    }
    const { permission, explained, listed } = reason;
    const letter = LETTERS[permission] ?? "*";
    const level = `level-${LETTERS[permission] ? permission : "other"}`;
    if (!listed) return [`${level} unlisted`, `(${letter})`, `${permission}, given but not listed`];
    if (explained === false) return [`${level} odd`, `${letter}!`, `${permission}, unexplained`];
    return [level, letter, permission];
  };

  const legend = () => {
    const explains = data.workspaces.some((one) => one.explains);
    const items = explains ? [...LEGEND, ...ODD] : LEGEND;
    return dom.make(
      "ul",
      { class: "legend keys", "aria-label": "Legend" },
      ...items.map(([style, text, title]) =>
        dom.make("li", {}, dom.make("span", { class: `key ${style}`, "aria-hidden": "true", text }), title)),
    );
  };

  class Matrix {
    constructor(place) {
      this.corner = "Repository";
      this.workspace = undefined;
      this.find = { repository: [], person: [] };
      this.byReach = false;
      this.status = dom.make("p", { class: "status", role: "status" });
      this.panel = dom.make("div", { class: "panel", id: "matrix-panel" });
      this.none = dom.make("p", { class: "hint", text: "Nothing matches: no repository, or nobody.", hidden: true });
      this.grid = new grid.Grid(this);
      this.grid.element.setAttribute("aria-labelledby", "matrix-title");
      this.grid.element.setAttribute("aria-describedby", "matrix-help");
      const help =
        "Arrow keys, Home, End, Page Up and Page Down move; with Ctrl as far as it goes. Enter opens the repository of a cell, Shift and Enter the person.";
      place.replaceChildren(
        this.tools(),
        legend(),
        this.grid.element,
        this.none,
        this.panel,
        dom.make("p", { class: "hint", id: "matrix-help", text: help }),
      );
      this.choose();
    }

    tools() {
      const search = (title, kind) => dom.search(title, (value) => {
        this.find[kind] = dom.words(value);
        this.choose();
      });
      const made = [search("Find repositories", "repository"), search("Find people", "person")];
      if (data.workspaces.length > 1) {
        const options = [["", "All"], ...data.workspaces.map(({ name }, index) => [index, name])];
        made.push(dom.choice("Workspace", options, (value) => {
          this.workspace = value === "" ? undefined : Number(value);
          this.choose();
        }));
      }
      made.push(dom.choice("Order", [["name", "By name"], ["reach", "Most rights first"]], (value) => {
        this.byReach = value === "reach";
        this.choose();
      }));
      return dom.make("div", { class: "tools" }, ...made, this.status);
    }

    // Which rows and columns there are.
    choose() {
      const has = (text, words) => words.every((word) => dom.fold(text).includes(word));
      const { repositories, people } = data;
      const inside = (place) => this.workspace === undefined || repositories.workspace[place] === this.workspace;
      this.rows = Array.from({ length: data.places }, (_, place) => place)
        .filter((place) => inside(place) && has(repositories.name[place], this.find.repository));
      this.columns = data.peopleOf(this.workspace)
        .filter((person) => has(`${people.name[person]} ${people.account[person]}`, this.find.person));
      if (this.byReach) {
        const { ofPlaces, ofPeople } = data.totals();
        this.rows.sort((a, b) => ofPlaces[b] - ofPlaces[a]);
        this.columns.sort((a, b) => ofPeople[b] - ofPeople[a]);
      }
      const empty = !this.rows.length || !this.columns.length;
      this.grid.element.hidden = empty;
      this.panel.hidden = empty;
      this.none.hidden = !empty;
      this.status.textContent = `${dom.count(this.rows.length)} repositories × ${dom.count(this.columns.length)} people`;
      if (!empty) this.grid.reset();
    }

    columnHead(column) {
      const person = this.columns[column];
      const name = data.people.name[person];
      // Names may be the same where accounts are not.
      const title = `${name} (${data.people.account[person] || data.people.uuid[person]})`;
      return dom.make("div", { role: "columnheader", class: "grid-person", title }, dom.bdi(name));
    }

    rowHead(row) {
      const place = this.rows[row];
      const name = data.repositories.name[place];
      const mark = data.repositories.visibility[place] === "public" ? dom.badge("visibility", "public") : undefined;
      const many = this.workspace === undefined && data.workspaces.length > 1;
      const text = many ? name : name.slice(name.indexOf("/") + 1);
      return dom.make("div", { role: "rowheader", class: "grid-place", title: name }, dom.bdi(text), mark);
    }

    cell(row, column) {
      const [style, text, words] = look(this.rows[row], this.columns[column]);
      const label = `${words}: ${data.people.name[this.columns[column]]} on ${data.repositories.name[this.rows[row]]}`;
      return dom.make("div", { role: "gridcell", class: `cell ${style}`, "aria-label": label, text });
    }

    onOpen({ row, column }, other) {
      if (row === grid.HEADS || (other && column !== grid.HEADS)) detail.open("person", this.columns[column]);
      else detail.open("repository", this.rows[row]);
    }

    onActive({ row, column }) {
      const place = this.rows[row];
      const person = this.columns[column];
      if (place === undefined) this.panel.replaceChildren(dom.named("person", person));
      else if (person === undefined) this.panel.replaceChildren(dom.named("repository", place));
      else this.panel.replaceChildren(...this.behind(place, person));
    }

    // What is behind a cell: who, where, what, and why.
    behind(place, person) {
      const [style, text, words] = look(place, person);
      const workspace = data.repositories.workspace[place];
      const reason = data.reason(place, person);
      const line = dom.make(
        "p",
        { class: "panel-line" },
        dom.make("span", { class: `key ${style}`, "aria-hidden": "true", text }),
        dom.make("strong", { text: words }),
        " ",
        dom.named("person", person),
        dom.make("span", { class: "muted", text: ` (${data.standing(workspace, person)}) on ` }),
        dom.named("repository", place),
      );
      if (!reason) return [line];
      if (!data.workspaces[workspace].explains) {
        return [line, dom.make("p", { class: "hint", text: "This audit did not read the sources of rights." })];
      }
      const verdict = detail.verdict(reason, workspace);
      const unsure = verdict === "unknown" ? ["Whether these are all is unknown: a list could not be read."] : [];
      const texts = verdict === "no" ? ["No source accounts for this right."] : unsure;
      return [line, detail.sourceList(reason), ...texts.map((one) => dom.make("p", { class: "hint warn", text: one }))];
    }
  }

  const start = () => {
    const place = document.getElementById("matrix-place");
    if (data.places && data.people.name.length) new Matrix(place);
    else place.replaceChildren(dom.make("p", { class: "hint", text: "No repository or nobody was found." }));
  };

  return { start };
})();
