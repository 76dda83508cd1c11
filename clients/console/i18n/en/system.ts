// English texts of the view system.

export const system = {
  title: 'System',
} as const;
