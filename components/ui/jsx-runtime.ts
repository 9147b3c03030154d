/** What JSX is made with here (tsconfig.json, `jsxImportSource`): React's own, behind the guard of `drawn`. */

import type { ElementType } from 'react';
import { Fragment, jsx as reactJsx, jsxs as reactJsxs } from 'react/jsx-runtime';
import { drawn } from './drawn.ts';

export type { JSX } from 'react/jsx-runtime';
export { Fragment };

export const jsx: typeof reactJsx = (type: ElementType, props, key) => reactJsx(type, drawn(type, props), key);
export const jsxs: typeof reactJsxs = (type: ElementType, props, key) => reactJsxs(type, drawn(type, props), key);
