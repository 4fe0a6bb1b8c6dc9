import { Component, type ReactNode } from 'react';
import { Button } from '../ui/button.tsx';
import { ErrorNote } from '../ui/feedback.tsx';

interface Props {
  readonly children: ReactNode;
}

interface State {
  readonly error: unknown;
}

/** Shows what went wrong in place of an empty page. Drafts are kept by themselves, so a reload loses nothing. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: undefined };

  static getDerivedStateFromError(error: unknown): State {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return (
      <div className="empty" role="alert">
        <h2>Something went wrong in this part of the console</h2>
        <ErrorNote error={error} />
        <p>Your drafts are kept in this browser.</p>
        <div className="row">
          <Button onClick={() => this.setState({ error: undefined })}>Try again</Button>
          <Button kind="primary" onClick={() => location.reload()}>
            Reload
          </Button>
        </div>
      </div>
    );
  }
}
