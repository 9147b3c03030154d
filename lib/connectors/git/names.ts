/** Which texts are paths of files and names of branches, for git and for whoever checks a repository out. Pure. */
import { GIT_PATH_BYTES_MAX } from '#lib/core/limits.ts';

/** Why no file can have this path; null where one can. */
export function pathFault(path: string): string | null {
  if (path === '') return 'is empty';
  if (!path.isWellFormed() || /\p{Cc}/u.test(path)) return 'has control characters';
  if (new TextEncoder().encode(path).length > GIT_PATH_BYTES_MAX) return `has more than ${GIT_PATH_BYTES_MAX} bytes`;
  const parts = path.split('/');
  if (parts.some((part) => part === '')) return 'begins or ends with a slash, or has two in a row';
  if (parts.some((part) => part === '.' || part === '..')) return 'has . or .. for a folder';
  // What a checkout on another system takes for .git (CVE-2014-9390, CVE-2019-1352).
  if (
    parts.some((part) =>
      /^(\.git|git~\d+)[ .]*(:.*)?$/i.test(part.replace(/[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g, '')),
    )
  )
    return 'names the folder that a repository keeps itself in';
  return null;
}

/** Why no branch can have this name; null where one can. Source: git-check-ref-format(1). */
export function branchFault(name: string): string | null {
  if (name === '') return 'is empty';
  if (name.length > 200) return 'has more than 200 characters';
  if (!/^[\x21-\x7E\u00A0-\u{10FFFF}]+$/u.test(name) || /[~^:?*[\\]|\.\.|@\{|\/\/|^[/-]|[/.]$|^@$/.test(name))
    return 'is no name of a branch';
  return name.split('/').some((part) => part.startsWith('.') || part.endsWith('.lock')) ? 'is no name of a branch' : null;
}
