// How long the frame of a WebSocket message is as a client sends it, masked: RFC 6455, 5.2.

const MASK_BYTES = 4;

export function frameBytes(payloadBytes: number): number {
  const lengthBytes = payloadBytes < 126 ? 0 : payloadBytes < 65_536 ? 2 : 8;
  return 2 + lengthBytes + MASK_BYTES + payloadBytes;
}
