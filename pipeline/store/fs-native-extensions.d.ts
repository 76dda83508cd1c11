// The part of fs-native-extensions (which ships no types) that the directory lock uses.
declare module 'fs-native-extensions' {
  /** Takes the lock of the open file for this process. @returns false when another process has it */
  export function tryLock(fd: number): boolean;
}
