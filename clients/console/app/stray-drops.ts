// A file that is dropped beside the places that take one: without this the browser would open it in place of the page.

export function keepStrayDrops(): void {
  for (const kind of ['dragover', 'drop'] as const) {
    addEventListener(kind, (event) => {
      // Whoever takes it has said so; text that is dragged into a field is none of this.
      if (event.defaultPrevented || !event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = 'none';
    });
  }
}
