"use strict";

// What the page is about, read from the JSON that is embedded in it. Rights are kept in flat
// arrays, repository after repository, as there may be hundreds of thousands.
const data = (() => {
  const given = JSON.parse(document.getElementById("data").textContent);
  const { people, repositories, workspaces, tables } = given;
  const reasons = given.reasons.map(([permission, explained, listed, sources]) => ({
    permission,
    explained,
    listed,
    sources,
  }));
  const places = repositories.name.length;

  // The numbers are in groups of seven bits, the lowest first; see packed.py, which writes them.
  const bytes = atob(given.rights);
  given.rights = "";
  let at = 0;
  const number = () => {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = bytes.charCodeAt(at++);
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
  };
  const start = new Uint32Array(places + 1);
  const who = new Uint32Array(bytes.length >> 1);
  const why = new Uint32Array(bytes.length >> 1);
  let total = 0;
  for (let place = 0; place < places; place++) {
    start[place] = total;
    let person = 0;
    for (let left = number(); left > 0; left--) {
      person += number();
      who[total] = person;
      why[total] = number();
      total++;
    }
  }
  start[places] = total;

  // The reason of a right, or undefined where there is none.
  const reason = (place, person) => {
    let low = start[place];
    let high = start[place + 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (who[middle] < person) low = middle + 1;
      else high = middle;
    }
    return low < start[place + 1] && who[low] === person ? reasons[why[low]] : undefined;
  };

  const ofPlace = (place) => {
    const found = [];
    for (let i = start[place]; i < start[place + 1]; i++) {
      found.push({ place, person: who[i], reason: reasons[why[i]] });
    }
    return found;
  };

  const ofPerson = (person) => {
    const found = [];
    for (let place = 0; place < places; place++) {
      const one = reason(place, person);
      if (one) found.push({ place, person, reason: one });
    }
    return found;
  };

  const known = (place) => repositories.known[place] === "1";

  const standing = (workspace, person) => {
    const { members } = workspaces[workspace];
    return members === null ? "unknown" : (members[person] ?? "outside");
  };

  // Who has anything to do with a workspace; undefined stands for all workspaces.
  const peopleOf = (workspace) => {
    if (workspace === undefined) return people.name.map((_, person) => person);
    const seen = new Uint8Array(people.name.length);
    for (const person of Object.keys(workspaces[workspace].members ?? {})) seen[person] = 1;
    for (let place = 0; place < places; place++) {
      if (repositories.workspace[place] !== workspace) continue;
      for (let i = start[place]; i < start[place + 1]; i++) seen[who[i]] = 1;
    }
    return people.name.map((_, person) => person).filter((person) => seen[person]);
  };

  // How many rights are on each repository, and how many each person has.
  const totals = () => {
    const ofPlaces = repositories.name.map((_, place) => start[place + 1] - start[place]);
    const ofPeople = new Uint32Array(people.name.length);
    for (let i = 0; i < total; i++) ofPeople[who[i]]++;
    return { ofPlaces, ofPeople };
  };

  return {
    people, repositories, workspaces, tables, places, total,
    reason, ofPlace, ofPerson, known, standing, peopleOf, totals,
  };
})();
