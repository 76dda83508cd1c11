// A table of rows with named columns. On narrow pages it scrolls by itself, not the page, or its rows become stacks.
// The roles are named, since a table that is laid out as blocks loses them otherwise.
import type { ComponentChildren } from 'preact';

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ComponentChildren;
  /** Numbers stand at the right, digit under digit. */
  readonly numeric?: boolean | undefined;
}

interface DataTableProps<Row> {
  /** What the table is of; for screen readers. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  /** On narrow pages the cells of a row stand one above the other, each with its column's title. */
  readonly stacks?: boolean | undefined;
  /** What is said where there is no row. */
  readonly none?: string | undefined;
}

export function DataTable<Row>({ caption, columns, rows, keyOf, stacks, none }: DataTableProps<Row>) {
  return (
    <div class="table-frame" tabIndex={0} role="region" aria-label={caption}>
      <table class={stacks ? 'table table-stacks' : 'table'} role="table">
        <caption class="visually-hidden">{caption}</caption>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column) => (
              <th key={column.title} scope="col" role="columnheader" class={column.numeric ? 'numeric' : undefined}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr key={keyOf(row)} role="row">
              {columns.map((column) => (
                <td key={column.title} role="cell" class={column.numeric ? 'numeric' : undefined}>
                  {stacks && (
                    <span class="table-title" aria-hidden="true">
                      {column.title}
                    </span>
                  )}
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {none !== undefined && (
        <p role="status" class={rows.length === 0 ? 'table-none muted' : undefined}>
          {rows.length === 0 && none}
        </p>
      )}
    </div>
  );
}
