"use strict";

// Everything about one person or one repository, in a dialog: its rights and their sources.
const detail = (() => {
  const EXPLAINED = new Map([[true, "yes"], [false, "no"], [null, "unknown"]]);

  const told = ({ sources }) => sources.map(([permission, from]) => `${permission}: ${from}`);

  // Whether the sources account for the right, for people; empty where the audit did not ask.
  const verdict = (reason, workspace) => {
    if (!reason.listed) return "given, but not listed";
    return data.workspaces[workspace].explains ? EXPLAINED.get(reason.explained) : "";
  };

  const sourceList = (reason) => {
    const lines = told(reason);
    return lines.length
      ? dom.make("ul", { class: "sources" }, ...lines.map((line) => dom.make("li", {}, dom.bdi(line))))
      : dom.make("span", { class: "muted", text: "–" });
  };

  const facts = (pairs) =>
    dom.make(
      "dl",
      { class: "facts" },
      ...pairs.filter(([, value]) => value !== "").map(([title, value]) =>
        dom.make("div", {}, dom.make("dt", { text: title }), dom.make("dd", {}, typeof value === "string" ? dom.bdi(value) : value)),
      ),
    );

  // Of many workspaces, those that have something to do with the person.
  const ofPerson = (person, rights) => {
    const reached = new Set(rights.map(({ place }) => data.repositories.workspace[place]));
    const standing = data.workspaces.flatMap(({ name }, workspace) => {
      const is = data.standing(workspace, person);
      if (data.workspaces.length === 1) return [is];
      return is === "owner" || is === "member" || reached.has(workspace) ? [`${is} in ${name}`] : [];
    });
    return facts([
      ["Standing", standing.join(", ")],
      ["Account", data.people.account[person]],
      ["UUID", data.people.uuid[person]],
    ]);
  };

  const ofPlace = (place) =>
    facts([
      ["Visibility", dom.badge("visibility", data.repositories.visibility[place])],
      ["Project", data.repositories.project[place]],
      ["Rights", data.known(place) ? "read in full" : "not read in full: who is not here may have rights"],
      ["UUID", data.repositories.uuid[place]],
    ]);

  const columns = (kind, rights) => {
    const workspaces = rights.map(({ place }) => data.repositories.workspace[place]);
    const verdicts = rights.map(({ reason }, index) => verdict(reason, workspaces[index]));
    const other = kind === "person"
      ? { title: "Repository", kind: "repository", values: rights.map(({ place }) => place) }
      : { title: "Person", kind: "person", values: rights.map(({ person }) => person) };
    const made = [
      other,
      { title: "Right", kind: "level", choice: true, values: rights.map(({ reason }) => reason.permission) },
    ];
    if (kind === "repository") {
      const values = rights.map(({ person }, index) => data.standing(workspaces[index], person));
      made.push({ title: "Standing", kind: "text", choice: true, values });
    }
    if (verdicts.some(Boolean)) {
      made.push(
        { title: "Sources", kind: "sources", values: rights.map(({ reason }) => reason) },
        { title: "Explained", kind: "text", choice: true, values: verdicts },
      );
    }
    return made;
  };

  const open = (kind, index) => {
    const rights = kind === "person" ? data.ofPerson(index) : data.ofPlace(index);
    const names = kind === "person" ? data.people.name : data.repositories.name;
    const title = dom.make("h2", { id: "detail-title", tabindex: "-1" }, dom.bdi(names[index]));
    const close = dom.make("button", { type: "button", class: "quiet", text: "Close" });
    const dialog = document.getElementById("detail");
    close.addEventListener("click", () => dialog.close());
    const place = dom.make("div", { class: "table" });
    dialog.replaceChildren(
      dom.make("div", { class: "dialog-head" }, title, close),
      kind === "person" ? ofPerson(index, rights) : ofPlace(index),
      place,
    );
    new table.Table(place, { noun: "rights", columns: columns(kind, rights), empty: "No right was read." });
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    title.focus();
  };

  const start = () => {
    const dialog = document.getElementById("detail");
    // A click beside the dialog is one on its backdrop.
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close();
    });
  };

  return { open, start, told, verdict, sourceList };
})();
