/** A box that is not ticked has a border of its own: the browser's is hardly seen on a dark ground, and then the box looks disabled. */
export const EMPTY_BOX =
  '[&>input:not(:checked)]:appearance-none [&>input:not(:checked)]:rounded-[3px] [&>input:not(:checked)]:border [&>input:not(:checked)]:border-control [&>input:not(:checked)]:bg-background';
