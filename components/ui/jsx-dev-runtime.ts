/** The same as jsx-runtime.ts, for the development server. */

import { Fragment, jsxDEV as reactJsxDev } from 'react/jsx-dev-runtime';
import { drawn } from './drawn.ts';

export type { JSX } from 'react/jsx-runtime';
export { Fragment };

export const jsxDEV: typeof reactJsxDev = (type, props, ...rest) => reactJsxDev(type, drawn(type, props), ...rest);
