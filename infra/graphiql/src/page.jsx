import './workers.js';
import 'graphiql/style.css';
import './page.css';
import { GraphiQL } from 'graphiql';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { fetcher } from './connection.js';
import live from './live.graphql';
import { TokenField } from './token.jsx';
import trades from './trades.graphql';

createRoot(document.getElementById('page')).render(
  <StrictMode>
    <GraphiQL
      fetcher={fetcher}
      defaultQuery={trades}
      defaultTabs={[{ query: trades }, { query: live }]}
      isHeadersEditorEnabled={false}
      shouldPersistHeaders={false}
    >
      <GraphiQL.Logo>
        <TokenField />
      </GraphiQL.Logo>
    </GraphiQL>
  </StrictMode>,
);
