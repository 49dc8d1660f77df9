import './workers.js';
import 'graphiql/style.css';
import './page.css';
import { GraphiQL } from 'graphiql';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { fetcher } from './connection.js';
import { TokenField } from './token.jsx';
import welcome from './welcome.graphql';

createRoot(document.getElementById('page')).render(
  <StrictMode>
    <GraphiQL fetcher={fetcher} defaultQuery={welcome} isHeadersEditorEnabled={false} shouldPersistHeaders={false}>
      <GraphiQL.Logo>
        <TokenField />
      </GraphiQL.Logo>
    </GraphiQL>
  </StrictMode>,
);
