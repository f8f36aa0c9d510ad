// The need sheet while it is typed: packs and amounts at once, saved every few seconds.
// The server computes everything again; these are the same rules on whole numbers
// (domain: campaigns::valuation), so that nobody sees two figures.
"use strict";
(() => {
  const form = document.getElementById("besoins");
  if (!form) return;
  const state = document.getElementById("etat");
  const conflict = document.getElementById("conflit");
  const years = form.dataset.years.split(" ");
  const fields = [...form.querySelectorAll("input[name^='a'], input[name^='e_'], select[name^='e_']")]
    .filter((field) => field.name !== "action");
  const version = form.elements.namedItem("version");
  const kept = "travee" + location.pathname + location.search;

  // 1 234,5 or 1234.5, in thousandths; null for anything else.
  const thousandths = (text) => {
    const found = /^(\d+)(?:[.,](\d{1,3})0*)?$/.exec(text.replace(/[\s\u00a0\u202f]/g, ""));
    return found && found[1].length < 10 ? BigInt(found[1] + (found[2] || "").padEnd(3, "0")) : null;
  };
  // Half up, as everywhere; no amount here is negative.
  const halfUp = (value, by) => (value * 2n + by) / (by * 2n);
  const grouped = (digits) => digits.replace(/\B(?=(\d{3})+$)/g, "\u202f");
  const euros = (cents) => {
    const text = cents.toString().padStart(3, "0");
    return grouped(text.slice(0, -2)) + "," + text.slice(-2) + "\u00a0€";
  };
  const quantity = (milli) => {
    const text = milli.toString().padStart(4, "0");
    const decimals = text.slice(-3).replace(/0+$/, "");
    return grouped(text.slice(0, -3)) + (decimals ? "," + decimals : "");
  };
  const count = (number, one, many) => grouped(number.toString()) + " " + (number < 2n ? one : many);

  // What a row asks for, year by year; null when something typed is no quantity.
  const needs = (row) => {
    const id = row.id.slice("article-".length);
    const typed = (name) => form.elements.namedItem(name)?.value.trim() || "";
    const every = typed("a" + id);
    const all = years.map((year) => typed("a" + id + "_" + year) || every);
    const read = all.map((text) => (text === "" ? 0n : thousandths(text)));
    const measured = row.dataset.pack === "0";
    const wrong = (milli) => milli === null || milli > 100000000n || (!measured && milli % 1000n !== 0n);
    return read.some(wrong) || (every !== "" && thousandths(every) === null) ? null : read;
  };

  const value = (row, read) => {
    const pack = BigInt(row.dataset.pack) * 1000n;
    const price = BigInt(row.dataset.price);
    return read.map((milli) => {
      const packs = pack ? (milli + pack - 1n) / pack : 0n;
      const ordered = pack ? packs * pack : milli;
      return { ordered, packs, net: halfUp(price * ordered, 100000n) };
    });
  };

  const words = (row, read, each) => {
    const sum = (key) => each.reduce((total, year) => total + year[key], 0n);
    if (sum("ordered") === 0n) return "";
    const alike = each.every((year) => year.ordered === each[0].ordered);
    const one = alike && each.length > 1;
    const [ordered, packs, net] = ["ordered", "packs", "net"].map((key) => (one ? each[0][key] : sum(key)));
    const span = each.length === 1 ? "" : one ? " par an" : " sur " + each.length + " ans";
    const noun = ordered < 2000n ? row.dataset.one : row.dataset.many;
    const exact = each.every((year, index) => year.ordered === read[index]);
    let said = quantity(ordered) + " " + noun;
    if (BigInt(row.dataset.pack) > 1n) {
      said = count(packs, "paquet", "paquets") + " de " + row.dataset.pack + " = " + said + (exact ? "" : " (arrondi au paquet)");
    }
    return said + ", " + euros(net) + " HT" + span;
  };

  const rows = [...form.querySelectorAll("li[data-price]")];
  const total = () => {
    const cells = new Map();
    let lines = 0n;
    let net = 0n;
    for (const row of rows) {
      const read = needs(row);
      const output = row.querySelector("output");
      if (read === null) {
        output.textContent = "";
        continue;
      }
      const each = value(row, read);
      const said = words(row, read, each);
      if (output.textContent !== said) output.textContent = said;
      if (read.every((milli) => milli === 0n)) continue;
      lines += 1n;
      each.forEach((year, index) => {
        const cell = index + " " + row.dataset.cell + " " + row.dataset.rate;
        cells.set(cell, (cells.get(cell) || 0n) + year.net);
        net += year.net;
      });
    }
    let vat = 0n;
    for (const [cell, amount] of cells) vat += halfUp(amount * BigInt(cell.split(" ")[2]), 10000n);
    document.getElementById("pied-articles").textContent = count(lines, "article", "articles");
    document.getElementById("pied-ht").textContent = euros(net);
    document.getElementById("pied-ttc").textContent = euros(net + vat);
  };

  const typed = () => Object.fromEntries(fields.filter((field) => field.value !== "").map((field) => [field.name, field.value]));
  const remember = (sent) => {
    try {
      localStorage.setItem(kept, JSON.stringify({ version: version.value, typed: typed(), sent: sent === true }));
    } catch {
      // Private browsing may refuse: the page still saves to the server.
    }
  };
  const forget = () => {
    try {
      localStorage.removeItem(kept);
    } catch {
      // Nothing was kept then.
    }
  };

  const label = (name) => {
    const field = form.elements.namedItem(name);
    const year = /_(\d{4})$/.exec(name);
    const article = field?.closest("li")?.querySelector(".name")?.textContent.trim() || name;
    return article + (year ? ", " + year[1] : "");
  };
  const line = (text, bold) => {
    const paragraph = document.createElement(bold ? "b" : "p");
    paragraph.textContent = text;
    return paragraph;
  };
  // Somebody else saved meanwhile: both values are shown, the reader chooses.
  const both = (told) => {
    version.value = told.version;
    const head = document.createElement("p");
    head.append(line(told.by + " a enregistré une autre saisie à " + told.at + ".", true), " Rien n’est perdu.");
    conflict.replaceChildren(head);
    for (const name of told.taken) {
      const field = form.elements.namedItem(name);
      if (field && field.value === "") field.value = told.values[name];
    }
    if (told.taken.length) conflict.append(line("Ses quantités sont reprises là où vous n’aviez rien saisi."));
    for (const [name, theirs] of Object.entries(told.differing)) {
      const field = form.elements.namedItem(name);
      if (!field) continue;
      const row = line(label(name) + " : vous avez saisi " + field.value + ", l’autre saisie est " + theirs + ". ");
      const take = document.createElement("button");
      take.type = "button";
      take.className = "second";
      take.textContent = "Prendre " + theirs;
      take.addEventListener("click", () => {
        field.value = theirs;
        row.remove();
        changed();
        field.focus();
      });
      row.append(take);
      conflict.append(row);
    }
    conflict.hidden = false;
    total();
    changed();
  };

  let timer = 0;
  let running = false;
  let again = false;
  let leaving = false;
  const save = async (last) => {
    clearTimeout(timer);
    timer = 0;
    if (running) {
      again = true;
      return;
    }
    running = true;
    state.textContent = "Enregistrement…";
    try {
      const answer = await fetch(form.dataset.save, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        headers: { Accept: "application/json" },
        redirect: "manual",
        keepalive: last === true,
      });
      if (answer.type === "opaqueredirect" || answer.status === 401) {
        const link = document.createElement("a");
        link.href = "/connexion?suite=" + encodeURIComponent(location.pathname + location.search);
        link.textContent = "reconnectez-vous";
        state.replaceChildren("Votre session a expiré : ", link, ". Votre saisie est gardée sur cet appareil.");
      } else if (answer.status === 409) {
        both(await answer.json());
      } else if (answer.ok) {
        const told = await answer.json();
        version.value = told.version;
        state.textContent = "Enregistré à " + told.at;
        if (!again && !timer) forget();
      } else {
        state.textContent = "Pas encore enregistré. Utilisez « Enregistrer le brouillon ».";
      }
    } catch {
      state.textContent = "Pas de connexion : votre saisie est gardée sur cet appareil.";
      timer = setTimeout(save, 10000);
    }
    running = false;
    if (again) {
      again = false;
      save();
    }
  };
  const changed = () => {
    remember();
    clearTimeout(timer);
    timer = setTimeout(save, 2000);
  };

  form.addEventListener("input", (event) => {
    if (!fields.includes(event.target)) return;
    event.target.removeAttribute("aria-invalid");
    total();
    changed();
  });
  form.addEventListener("submit", () => {
    leaving = true;
    clearTimeout(timer);
    timer = 0;
    remember(true);
  });
  addEventListener("pagehide", () => {
    if (timer && !leaving) save(true);
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && timer && !leaving) save(true);
  });

  // A field in a closed part, named by an error or a link, is opened to be seen.
  const reveal = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let part = target.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
    target.scrollIntoView();
    if (target.matches("input, select")) target.focus();
  };
  addEventListener("hashchange", reveal);

  // What a lost session or connection kept on this device comes back. Sent and saved since: it
  // is in the page. Saved by somebody else since: the old version makes both be shown.
  const comeBack = () => {
    const before = JSON.parse(localStorage.getItem(kept));
    if (!before || (before.sent && before.version !== version.value)) return forget();
    const names = new Set([...Object.keys(before.typed), ...Object.keys(typed())]);
    const differs = [...names].filter((name) => (form.elements.namedItem(name)?.value ?? "") !== (before.typed[name] ?? ""));
    if (differs.length === 0) return forget();
    for (const name of differs) {
      const field = form.elements.namedItem(name);
      if (field) field.value = before.typed[name] ?? "";
    }
    version.value = before.version;
    changed();
  };
  try {
    comeBack();
  } catch {
    forget();
  }
  total();
  reveal();
})();
