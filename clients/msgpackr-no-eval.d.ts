// msgpackr ships its build without eval untyped; it has the same exports as the main entry.
declare module 'msgpackr/index-no-eval' {
  export { Packr } from 'msgpackr';
}
