// What editor and ballot say, by key, in the person's language: ?lang=de in the address, else what was chosen here before, else
// the browser's. A class keeps its name in records and files; on the page, those that the languages know are translated.
//
// A language is added so: copy words_en.js to words_fr.js, call its constant fr, and translate what stands right of the
// colons, with the same {places}. Import it here and add it to LANGUAGES. tests/test_editor_words.py then names what is
// missing.

import { de } from "./words_de.js";
import { en } from "./words_en.js";

export const LANGUAGES = { en, de };
export const CHANGED = "spg-editor-language"; // the window's event when another is chosen; and its place in localStorage

let spoken = null;

/** The language's two letters. */
export function language() {
  const wanted = () => [asked(), chosenBefore(), ...(globalThis.navigator?.languages ?? [])];
  spoken ??= wanted().map((name) => String(name).slice(0, 2)).find((name) => name in LANGUAGES) ?? "en";
  return spoken;
}

/** Speak this one from now on, here and on the next visit. */
export function choose(name) {
  spoken = name;
  try {
    localStorage.setItem(CHANGED, name);
  } catch {
    // a forbidden storage: next time it is the browser's again
  }
}

const asked = () => globalThis.location && new URLSearchParams(location.search).get("lang");

function chosenBefore() {
  try {
    return localStorage.getItem(CHANGED);
  } catch {
    return null;
  }
}

/** The words of a key, its places filled in. */
export function tell(key, places = {}) {
  return (LANGUAGES[language()][key] ?? en[key]).replace(/\{(\w+)\}/g, (_, place) => told(places[place]));
}

/** A key whose words depend on a number: "key.one", "key.other". */
export const counted = (key, n) => tell(`${key}.${new Intl.PluralRules(language()).select(n)}`, { n });

/** A sentence that is put into words later, perhaps by another thread: also what Python sends. */
export const said = (key, places = {}) => ({ key, places });

/** A class's name as a sentence; a name that no language knows stays as it is. */
export const classNamed = (name) => (`class.${name}` in en ? said(`class.${name}`) : name);

/** In words: a sentence, a list, a number, or a text. */
export function told(value) {
  if (Array.isArray(value)) return value.map(told).join(", ");
  if (typeof value === "number") return value.toLocaleString(language(), { useGrouping: false, maximumFractionDigits: 2 });
  return value?.key ? tell(value.key, value.places) : String(value);
}
