// Shows page 1 of PDF files with pdf.js: a name a line on standard input, a JSON object a line on standard output with the pixels
// (RGB, base64) or an error.
import * as canvas from "@napi-rs/canvas";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";

// pdf.js takes these from the browser; they must come from the canvas that it draws on.
for (const name of ["Path2D", "DOMMatrix", "ImageData"]) globalThis[name] = canvas[name];
const pdfjs = await import("pdfjs-dist/legacy/build/pdf.mjs");
const fonts = new URL("standard_fonts/", import.meta.resolve("pdfjs-dist/package.json")).pathname;
const scale = 0.25; // 18 dots an inch

async function show(name) {
  const task = pdfjs.getDocument({ data: new Uint8Array(await readFile(name)), verbosity: 0, standardFontDataUrl: fonts });
  try {
    const page = await (await task.promise).getPage(1);
    const viewport = page.getViewport({ scale });
    const sheet = canvas.createCanvas(Math.round(viewport.width), Math.round(viewport.height));
    const context = sheet.getContext("2d");
    await page.render({ canvas: sheet, canvasContext: context, viewport }).promise;
    const rgba = context.getImageData(0, 0, sheet.width, sheet.height).data;
    const rgb = Buffer.alloc((rgba.length / 4) * 3);
    for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) rgb.set(rgba.subarray(from, from + 3), to);
    return { pixels: rgb.toString("base64") };
  } finally {
    await task.destroy();
  }
}

for await (const name of createInterface({ input: process.stdin })) {
  const answer = await show(name).catch((error) => ({ error: String(error?.message ?? error) }));
  process.stdout.write(JSON.stringify(answer) + "\n");
}
