import { getDocument, OPS } from 'pdfjs-dist/legacy/build/pdf.mjs';

/** What another program finds in a PDF. */
export interface ReadPdf {
  readonly title: string;
  /** The text of each page, its stretches joined by spaces: what can be selected. */
  readonly pages: readonly string[];
  /** Paths that are drawn, and images. */
  readonly paths: number;
  readonly images: number;
}

const IMAGES: readonly number[] = [OPS.paintImageXObject, OPS.paintInlineImageXObject, OPS.paintImageMaskXObject];

export async function readPdf(bytes: Uint8Array): Promise<ReadPdf> {
  const task = getDocument({ data: new Uint8Array(bytes), verbosity: 0 });
  const pdf = await task.promise;
  const { info } = await pdf.getMetadata();
  const pages: string[] = [];
  let paths = 0;
  let images = 0;
  for (let number = 1; number <= pdf.numPages; number++) {
    const page = await pdf.getPage(number);
    const { items } = await page.getTextContent();
    pages.push(items.map((item) => ('str' in item ? item.str : '')).join(' '));
    const { fnArray } = await page.getOperatorList();
    paths += fnArray.filter((operator) => operator === OPS.constructPath).length;
    images += fnArray.filter((operator) => IMAGES.includes(operator)).length;
  }
  await task.destroy();
  const title = 'Title' in info && typeof info.Title === 'string' ? info.Title : '';
  return { title, pages, paths, images };
}
