/** What an undo that was made on this page a moment ago can't undo: its approval, on the next page, says it again. */
export const madeUndoKey = (undo: string) => ['undo', 'made', undo] as const;
