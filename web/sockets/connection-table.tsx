import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useMemo, useRef, useState } from 'react';
import type { Connection } from '../api/queries.ts';
import { type Order, sortConnections, type SortKey } from './connection-order.ts';
import { ConnectionRow } from './connection-row.tsx';

const rowHeight = 33;

interface Column {
  readonly key: SortKey;
  readonly title: string;
  readonly isNumber?: boolean;
}

const columns: readonly Column[] = [
  { key: 'id', title: 'Id' },
  { key: 'user', title: 'User' },
  { key: 'since', title: 'Since' },
  { key: 'received', title: 'Received', isNumber: true },
  { key: 'sent', title: 'Sent', isNumber: true },
  { key: 'buffered', title: 'Buffered', isNumber: true },
  { key: 'remoteAddress', title: 'Address' },
  { key: 'url', title: 'URL' },
];

interface ConnectionTableProps {
  readonly connections: readonly Connection[];
  readonly onSend: (connection: Connection) => void;
  readonly onDisconnect: (connection: Connection) => void;
}

/** The open sockets as rows; only those in sight are on the page. */
export function ConnectionTable({ connections, onSend, onDisconnect }: ConnectionTableProps): ReactNode {
  const [order, setOrder] = useState<Order>({ key: 'since', descending: true });
  const rows = useMemo(() => sortConnections(connections, order), [connections, order]);
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 10,
  });
  const shown = virtualizer.getVirtualItems();
  const before = shown[0]?.start ?? 0;
  const after = virtualizer.getTotalSize() - (shown.at(-1)?.end ?? 0);
  return (
    <div ref={scroller} className="scroll" tabIndex={0} role="region" aria-label="Open sockets">
      <table className="table sockets-table" aria-rowcount={rows.length + 1}>
        <thead>
          <tr>
            {columns.map((column) => (
              <Heading key={column.key} column={column} order={order} onOrder={setOrder} />
            ))}
            <th scope="col">
              <span className="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {before > 0 && <tr aria-hidden style={{ height: before }} />}
          {shown.map(({ index }) => {
            const connection = rows[index];
            return (
              connection && (
                <ConnectionRow key={connection.id} connection={connection} at={index + 2} onSend={onSend} onDisconnect={onDisconnect} />
              )
            );
          })}
          {after > 0 && <tr aria-hidden style={{ height: after }} />}
        </tbody>
      </table>
    </div>
  );
}

interface HeadingProps {
  readonly column: Column;
  readonly order: Order;
  readonly onOrder: (order: Order) => void;
}

function Heading({ column: { key, title, isNumber = false }, order, onOrder }: HeadingProps): ReactNode {
  const isCurrent = order.key === key;
  return (
    <th scope="col" className={isNumber ? 'number' : ''} aria-sort={isCurrent ? (order.descending ? 'descending' : 'ascending') : 'none'}>
      <button type="button" className="sockets-sort" onClick={() => onOrder({ key, descending: isCurrent ? !order.descending : isNumber })}>
        {title}
        <span aria-hidden>{isCurrent ? (order.descending ? ' ▾' : ' ▴') : ''}</span>
      </button>
    </th>
  );
}
