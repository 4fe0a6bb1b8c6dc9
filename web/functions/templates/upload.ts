import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/**
 * Takes uploaded files: curl -F file=@photo.jpg …/upload
 *
 * Called from a browser it shows a form to try it with.
 */
export default async function (ctx: FunctionContext) {
  if (ctx.method === 'GET') return form;

  const files = ctx.files ?? [];
  if (files.length === 0) {
    ctx.response?.status(400);
    return { error: 'Send at least one file, as multipart/form-data.' };
  }

  // The files are deleted once the response is complete: read or move what you want to keep.
  const received = await Promise.all(
    files.map(async (file) => {
      const content = await readFile(file.path);
      return {
        // Text from outside: never use it as a path.
        name: file.originalname,
        type: file.mimetype,
        size: file.size,
        sha256: createHash('sha256').update(content).digest('hex'),
      };
    }),
  );

  // `ctx.body` has the form's other fields.
  return { fields: ctx.body, files: received };
}

const form = `<!doctype html>
<meta charset="utf-8">
<title>Upload</title>
<form method="post" enctype="multipart/form-data">
  <input type="file" name="file" multiple required>
  <button>Upload</button>
</form>`;
