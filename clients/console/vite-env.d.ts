// Style sheets are imported for their effect alone: Vite puts them beside the code that needs them.
declare module '*.css';
