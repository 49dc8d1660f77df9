// Keeps the rest of the dashboard where a page cannot be loaded or rendered: React removes everything otherwise.
import { Component, type ReactNode } from 'react';

interface Props {
  readonly broken: (fault: Error) => ReactNode;
  readonly children: ReactNode;
}

interface State {
  readonly fault: Error | null;
}

export class Boundary extends Component<Props, State> {
  override readonly state: State = { fault: null };

  static getDerivedStateFromError(fault: Error): State {
    return { fault };
  }

  override render(): ReactNode {
    return this.state.fault === null ? this.props.children : this.props.broken(this.state.fault);
  }
}
