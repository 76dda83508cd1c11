// Pictures as the service takes them: what is too large for it is made smaller here, at a size at which faces lose nothing.

/** Above this a picture is made smaller: under the service's limit unless that was lowered. */
const LARGE_BYTES = 4 * 1024 * 1024;
const LONGEST_SIDE_PX = 2_560;

export async function uploadable(file: Blob): Promise<Blob> {
  if (file.size <= LARGE_BYTES) return file;
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    // Not for this browser to read: the service says what is wrong with it.
    return file;
  }
  const scale = Math.min(1, LONGEST_SIDE_PX / Math.max(bitmap.width, bitmap.height));
  const canvas = new OffscreenCanvas(Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return canvas.convertToBlob({ type: 'image/jpeg', quality: 0.92 });
}
