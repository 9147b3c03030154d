/** The form in which a plan's page edits the actions of a connector: data that the server hands to the page, which names no connector. */
import type { AuthKind } from '#lib/core/connections/auth.ts';
import type { Json } from '#lib/ledger/canonical.ts';

export type ActionForm = {
  /** what a person chooses between, in the list of what can be done with a category's items */
  choices: readonly ActionChoice[];
  /** in the order of the page; a choice of the verb (`do`) among them leaves `choices` with one entry */
  fields: readonly FormField[];
  /** labels stand before their fields */
  inline?: boolean;
  /** nothing can be done without a connection: its choices are offered to whoever may use one */
  needsConnection?: boolean;
};

type ActionChoice = {
  words: string;
  /** the action that the choice begins with */
  do: string;
  with: Record<string, Json>;
  /** what it begins with instead where the dataset has this field */
  prefer?: { field: string; with: Record<string, Json> };
};

type FormField = {
  /** where the value is in the action: "with.url", "do", "connection", "honoursKeys" */
  at: string;
  label: string;
  /** what the place is called in the list of what is to be fixed: "address" */
  place: string;
  hint?: string;
  /** fields of the dataset may stand in it, in double braces; the first such field says so */
  template?: boolean;
  /** narrow, with the next field beside it */
  beside?: boolean;
  /** the verbs that have no such thing; what was typed is kept for the others */
  notFor?: readonly string[];
  /** the part that it belongs to; it is there while that part is */
  within?: string;
} & (
  | {
      kind: 'line' /** what an action without it has */;
      absent?: string;
      placeholder?: string;
      exact?: boolean;
      emptyIsNone?: boolean;
    }
  | { kind: 'text' }
  /** an object in rows of names and values, or as JSON; `one` is what a row is called */
  | {
      kind: 'pairs';
      one: string;
      rows: number;
      absent: Json /** the absent value is left out of the action */;
      omitted?: boolean;
    }
  /** a part of the action that is there or not; the fields within it are shown while it is */
  | { kind: 'part'; begins: Json }
  /** whole numbers with commas between them; none is null */
  | { kind: 'numbers' }
  /** one whole number; an action without it has `absent` */
  | { kind: 'number'; absent: number; min: number; max: number }
  /** names of fields of the dataset, in its order */
  | { kind: 'names' }
  | { kind: 'choice'; of: readonly string[] }
  /** one of what the last test of the chosen connection found there under this name, or any other text */
  | { kind: 'offered'; offer: 'tables' }
  /** one of the connections of this connector that the person's plans may name; none is null */
  | { kind: 'connection'; absent: string }
  /** one of the places that the test of the action's connection found */
  | { kind: 'found'; absent: string }
  /** true or false; another value counts as true, and is kept while the box is not ticked */
  | { kind: 'tick' }
);

/** How a page edits a connection of a connector. */
export type ConnectionForm = {
  /** what it leads to */
  words: string;
  /** an address as one text; or the place of a database in parts */
  place: 'address' | 'database';
  /** an example */
  address: string;
  addressHint: string;
  /** how one signs in there; the first is proposed */
  auth: readonly AuthKind[];
  /** whether an access token opens a mailbox of somebody, who has to be named beside it */
  mailbox: boolean;
  /** whether its target may promise something of requests: keys, how it is asked, what counts as done */
  promises: boolean;
  /** it leads to a model, of which is said which one it is and what it costs */
  model?: true;
  /** what the test button does, where it takes nothing to ask for; null where it asks for a place under the address */
  test: string | null;
  /** what of it becomes a dataset, what its place is called, and that reading it changes nothing there; null where nothing can */
  source: { words: string; place: string; unchanged: string } | null;
};
