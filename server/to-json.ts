// JSON as the contract has it: bytes (embeddings) as base64.

export function toJson(value: unknown): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, key, given: unknown) {
    // Looked up again, since a Buffer has been through its own toJSON by now.
    const original = this[key];
    return original instanceof Uint8Array
      ? Buffer.from(original.buffer, original.byteOffset, original.byteLength).toString('base64')
      : given;
  });
}
