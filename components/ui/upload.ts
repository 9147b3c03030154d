import type { Refusal } from './outcome.ts';

export type UploadProgress = { sent: number; total: number };

/**
 * Sends a file as the body of a POST to `url`, streamed by the browser, and answers the response's JSON. XMLHttpRequest,
 * because fetch does not tell how much has been sent. Refusals (problem+json) and lost connections are values.
 */
export function upload(
  url: string,
  file: File,
  options: { signal: AbortSignal; onProgress: (progress: UploadProgress) => void },
): Promise<{ ok: true; value: unknown } | Refusal> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open('POST', url);
    request.responseType = 'text';
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.upload.onprogress = (event) => options.onProgress({ sent: event.loaded, total: file.size });
    request.onload = () => {
      const body = readJson(request.responseText);
      if (request.status >= 200 && request.status < 300) resolve({ ok: true, value: body });
      else resolve(refusal(request.status, body));
    };
    request.onerror = () =>
      resolve({
        ok: false,
        code: 'unanswered',
        message: 'The connection was lost before the file had arrived. Nothing of it was kept.',
      });
    request.onabort = () => resolve({ ok: false, code: 'cancelled', message: 'Upload cancelled. Nothing of it was kept.' });
    options.signal.addEventListener('abort', () => request.abort(), { once: true });
    request.send(file);
  });
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function refusal(status: number, body: unknown): Refusal {
  const problem = (typeof body === 'object' && body !== null ? body : {}) as {
    code?: unknown;
    detail?: unknown;
    title?: unknown;
  };
  const said = [problem.detail, problem.title].find((text) => typeof text === 'string');
  const message = typeof said === 'string' ? said : `The server refused the file (${status}).`;
  return { ok: false, code: typeof problem.code === 'string' ? problem.code : String(status), message };
}
