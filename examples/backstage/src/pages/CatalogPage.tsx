import { Link } from '../AppRouter.js';

const components = [
  { name: 'payments', owner: 'Team Ledger', lifecycle: 'production' },
  { name: 'search', owner: 'Team Compass', lifecycle: 'production' },
  { name: 'recommendations', owner: 'Team Compass', lifecycle: 'experimental' },
];

export function CatalogPage() {
  return (
    <>
      <h1>Catalog</h1>
      <table>
        <thead>
          <tr>
            <th>Name</th>
            <th>Owner</th>
            <th>Lifecycle</th>
          </tr>
        </thead>
        <tbody>
          {components.map(({ name, owner, lifecycle }) => (
            <tr key={name}>
              <td>
                <Link to="/component">{name}</Link>
              </td>
              <td>{owner}</td>
              <td>{lifecycle}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
